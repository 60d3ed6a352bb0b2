"""Rules that most cases use."""

def _text_impl(ctx: AnalysisContext) -> list[Provider]:
    return [DefaultInfo(default_output = ctx.actions.write("out.txt", ctx.attrs.text))]

# A file with this text.
text = rule(impl = _text_impl, attrs = {"text": attrs.string()})

def _show_impl(ctx: AnalysisContext) -> list[Provider]:
    return [DefaultInfo(default_output = ctx.actions.write_json("out.json", ctx.attrs.value))]

# A file with this value as JSON.
show = rule(impl = _show_impl, attrs = {"value": attrs.any()})
