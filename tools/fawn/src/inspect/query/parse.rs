//! The grammar of query expressions: words, `function(a, b)`, `set(a b)`, and `+ - ^` with their long names, all of one rank.

use anyhow::{Result, bail};

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expr {
    /// A pattern, a number, or another plain argument.
    Word(String),
    /// `set(…)`: all of these patterns.
    Set(Vec<String>),
    /// `name(arguments)`.
    Call { name: String, arguments: Vec<Expr> },
    /// An expression and what is done to it, from left to right.
    Chain(Box<Expr>, Vec<(Operator, Expr)>),
}

/// What joins two sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Union,
    Except,
    Intersect,
}

/// Reads an expression.
///
/// # Errors
/// Where it stops being one.
pub(super) fn parse(text: &str) -> Result<Expr> {
    let mut reader = Reader { text, rest: text };
    let expr = reader.chain(0)?;
    reader.space();
    if !reader.rest.is_empty() {
        return reader.expected("the end, or one of `+ - ^`");
    }
    Ok(expr)
}

/// How deep parentheses may nest; nobody writes more, and each level takes stack.
const DEPTH: usize = 100;

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn chain(&mut self, depth: usize) -> Result<Expr> {
        if depth > DEPTH {
            bail!("the expression nests deeper than {DEPTH} levels");
        }
        let first = self.single(depth)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.operator() {
            rest.push((operator, self.single(depth)?));
        }
        Ok(if rest.is_empty() {
            first
        } else {
            Expr::Chain(Box::new(first), rest)
        })
    }

    fn single(&mut self, depth: usize) -> Result<Expr> {
        self.space();
        if self.eat("(") {
            let inner = self.chain(depth + 1)?;
            self.close()?;
            return Ok(inner);
        }
        let word = self.word()?;
        if !self.rest.starts_with('(') || !word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Ok(Expr::Word(word));
        }
        self.eat("(");
        if word == "set" {
            return self.set();
        }
        let mut arguments = Vec::new();
        self.space();
        while !self.eat(")") {
            if !arguments.is_empty() && !self.eat(",") {
                return self.expected("`,` or `)`");
            }
            arguments.push(self.chain(depth + 1)?);
            self.space();
        }
        Ok(Expr::Call { name: word, arguments })
    }

    fn set(&mut self) -> Result<Expr> {
        let mut words = Vec::new();
        loop {
            self.space();
            if self.eat(")") {
                return Ok(Expr::Set(words));
            }
            words.push(self.word()?);
        }
    }

    fn word(&mut self) -> Result<String> {
        for quote in ['"', '\''] {
            if let Some(inner) = self.rest.strip_prefix(quote) {
                let Some((word, rest)) = inner.split_once(quote) else {
                    return self.expected(&format!("`{quote}` somewhere after"));
                };
                self.rest = rest;
                return Ok(word.to_owned());
            }
        }
        let ends = |c: char| c.is_whitespace() || "(),^\"'".contains(c);
        let (word, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        if word.is_empty() {
            return self.expected("a pattern or a function");
        }
        self.rest = rest;
        Ok(word.to_owned())
    }

    /// Symbols need no space around them, long names do.
    fn operator(&mut self) -> Option<Operator> {
        use Operator::{Except, Intersect, Union};
        let trimmed = self.rest.trim_start();
        for (symbol, name, operator) in [
            ("+", "union", Union),
            ("-", "except", Except),
            ("^", "intersect", Intersect),
        ] {
            let long = || {
                trimmed
                    .strip_prefix(name)
                    .filter(|rest| rest.starts_with([' ', '\t', '\n', '(']))
            };
            if let Some(rest) = trimmed.strip_prefix(symbol).or_else(long) {
                self.rest = rest;
                return Some(operator);
            }
        }
        None
    }

    fn close(&mut self) -> Result<()> {
        self.space();
        if self.eat(")") { Ok(()) } else { self.expected("`)`") }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expected<T>(&self, what: &str) -> Result<T> {
        let read = self.text.len() - self.rest.len();
        let found = if self.rest.is_empty() { "the end" } else { self.rest };
        bail!(
            "the expression `{}`, after `{}`: expected {what}, found `{found}`",
            self.text,
            &self.text[..read]
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Expr {
        Expr::Word(text.to_owned())
    }

    #[test]
    fn words_sets_calls_and_operators() {
        assert_eq!(parse(" //a:b?x+y ").unwrap(), word("//a:b?x+y"));
        assert_eq!(parse("'a b'").unwrap(), word("a b"));
        assert_eq!(
            parse("set(//a 'b')").unwrap(),
            Expr::Set(vec!["//a".into(), "b".into()])
        );
        let call = |name: &str, arguments| Expr::Call {
            name: name.to_owned(),
            arguments,
        };
        assert_eq!(
            parse("kind(\"^x(y)$\", deps(//a, 2))").unwrap(),
            call("kind", vec![word("^x(y)$"), call("deps", vec![word("//a"), word("2")])])
        );
        let chain = parse("//a + //b except (//c^//d)").unwrap();
        let inner = Expr::Chain(word("//c").into(), vec![(Operator::Intersect, word("//d"))]);
        assert_eq!(
            chain,
            Expr::Chain(
                word("//a").into(),
                vec![(Operator::Union, word("//b")), (Operator::Except, inner)]
            )
        );
    }

    #[test]
    fn what_is_no_expression_is_said() {
        for (text, message) in [
            (
                "",
                "the expression ``, after ``: expected a pattern or a function, found `the end`",
            ),
            (
                "deps(//a",
                "the expression `deps(//a`, after `deps(//a`: expected `,` or `)`, found `the end`",
            ),
            (
                "//a //b",
                "the expression `//a //b`, after `//a `: expected the end, or one of `+ - ^`, found `//b`",
            ),
            (
                "'a",
                "the expression `'a`, after ``: expected `'` somewhere after, found `'a`",
            ),
            (
                "//a +",
                "the expression `//a +`, after `//a +`: expected a pattern or a function, found `the end`",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
        let deep = "(".repeat(100_000);
        assert_eq!(
            parse(&deep).unwrap_err().to_string(),
            "the expression nests deeper than 100 levels"
        );
    }
}
