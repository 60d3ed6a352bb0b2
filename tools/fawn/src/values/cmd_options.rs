//! The options of `cmd_args`, and what they do to one argument.

use super::artifact::Artifact;
use super::labels::PathLabel;
use regex::Regex;
use std::sync::Arc;

/// What paths are made relative to.
#[derive(Clone, Debug)]
pub(crate) enum RelativeTo {
    Artifact(Artifact),
    Folder(PathLabel),
}

/// Everything but the items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) delimiter: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) prepend: Option<String>,
    pub(crate) quote: bool,
    pub(crate) ignore_artifacts: bool,
    pub(crate) absolute_prefix: Option<Arc<str>>,
    pub(crate) absolute_suffix: Option<Arc<str>>,
    pub(crate) parent: usize,
    pub(crate) relative_to: Option<(RelativeTo, usize)>,
    pub(crate) replacements: Vec<(Regex, String)>,
}

impl Options {
    /// Applies the options to the arguments that the items gave.
    pub(crate) fn finish(&self, arguments: Vec<String>, out: &mut Vec<String>) {
        let edited = arguments.into_iter().map(|argument| self.edit(argument));
        let Some(delimiter) = &self.delimiter else {
            for argument in edited {
                out.extend(self.prepend.clone());
                out.push(argument);
            }
            return;
        };
        // Joined with a delimiter, the prefix becomes part of each argument.
        let prefix = self.prepend.as_deref().unwrap_or_default();
        let arguments: Vec<_> = edited.map(|argument| format!("{prefix}{argument}")).collect();
        out.push(arguments.join(delimiter));
    }

    fn edit(&self, mut argument: String) -> String {
        for (pattern, replacement) in &self.replacements {
            argument = pattern.replace_all(&argument, replacement).into_owned();
        }
        if let Some(format) = &self.format {
            argument = format.replace("{}", &argument);
        }
        if self.quote {
            argument = quote(&argument);
        }
        argument
    }
}

/// Quotes for a POSIX shell, in double quotes and only where needed, as Buck2 does.
fn quote(text: &str) -> String {
    const SPECIAL: &str = "|&;<>()$`\\\"' \t\r\n*?[#~=%";
    if !text.is_empty() && !text.contains(|c| SPECIAL.contains(c)) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if matches!(c, '$' | '`' | '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(options: &Options, arguments: &[&str]) -> Vec<String> {
        let mut out = Vec::new();
        options.finish(
            arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            &mut out,
        );
        out
    }

    #[test]
    fn format_and_prepend_work_on_each_argument() {
        let options = Options {
            format: Some("<{}{}>".into()),
            prepend: Some("-x".into()),
            ..Options::default()
        };
        assert_eq!(finish(&options, &["a", "b"]), ["-x", "<aa>", "-x", "<bb>"]);
    }

    #[test]
    fn a_delimiter_joins_and_takes_the_prefix_in() {
        let options = Options {
            delimiter: Some(",".into()),
            prepend: Some("+".into()),
            ..Options::default()
        };
        assert_eq!(finish(&options, &["a", "b"]), ["+a,+b"]);
        assert_eq!(finish(&options, &[]), [""]);
    }

    #[test]
    fn quotes_only_what_a_shell_would_touch() {
        assert_eq!(quote("plain/path.txt"), "plain/path.txt");
        assert_eq!(quote("a b"), "\"a b\"");
        assert_eq!(quote("$x\""), "\"\\$x\\\"\"");
        assert_eq!(quote(""), "\"\"");
    }

    #[test]
    fn replacements_come_before_the_format() {
        let options = Options {
            format: Some("[{}]".into()),
            replacements: vec![(Regex::new("a+").unwrap(), "x".into())],
            ..Options::default()
        };
        assert_eq!(finish(&options, &["caab"]), ["[cxb]"]);
    }
}
