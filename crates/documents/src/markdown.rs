//! Markdown as a tree of what we show. Safe by construction: the tree has no node for HTML, images or other links
//! than http, https and mailto, so no renderer can let them through.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde::Serialize;

/// Deeper nesting is flattened: the renderers walk the tree by recursion.
const DEEPEST: usize = 12;

/// A piece of running text.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Flow {
    Heading {
        level: u8,
        id: String,
        body: Vec<Inline>,
    },
    Paragraph {
        body: Vec<Inline>,
    },
    Quote {
        body: Vec<Flow>,
    },
    List {
        start: Option<u64>,
        items: Vec<Vec<Flow>>,
    },
    Code {
        text: String,
    },
    Table {
        head: Vec<Vec<Inline>>,
        rows: Vec<Vec<Vec<Inline>>>,
    },
    Rule,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Inline {
    Text { text: String },
    Code { text: String },
    Strong { body: Vec<Inline> },
    Emphasis { body: Vec<Inline> },
    Link { to: String, body: Vec<Inline> },
    Break,
}

/// What is open while reading: a node whose end has not been seen.
enum Open {
    Root,
    Heading(u8),
    Paragraph,
    Quote,
    List(Option<u64>),
    Item,
    Code,
    Table,
    Row,
    Cell,
    Strong,
    Emphasis,
    Link(Option<String>),
    /// Shows its content and is nothing itself: images, HTML, what lies too deep.
    Bare,
}

/// An open node and what it has so far.
struct Frame {
    open: Open,
    flows: Vec<Flow>,
    inlines: Vec<Inline>,
    items: Vec<Vec<Flow>>,
    cells: Vec<Vec<Inline>>,
    rows: Vec<Vec<Vec<Inline>>>,
}

impl Frame {
    fn new(open: Open) -> Self {
        Frame {
            open,
            flows: vec![],
            inlines: vec![],
            items: vec![],
            cells: vec![],
            rows: vec![],
        }
    }

    /// Loose words become a paragraph: in tight lists, in HTML blocks.
    fn settle(&mut self) {
        if !self.inlines.is_empty() {
            self.flows.push(Flow::Paragraph {
                body: std::mem::take(&mut self.inlines),
            });
        }
    }

    fn settled(mut self) -> Vec<Flow> {
        self.settle();
        self.flows
    }

    fn put(&mut self, flow: Flow) {
        self.settle();
        self.flows.push(flow);
    }
}

/// Reads CommonMark with tables.
pub fn parse(text: &str) -> Vec<Flow> {
    let mut stack = vec![Frame::new(Open::Root)];
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(tag) => {
                let part = matches!(tag, Tag::Item | Tag::TableHead | Tag::TableRow | Tag::TableCell);
                let within_bare = matches!(stack.last(), Some(Frame { open: Open::Bare, .. }));
                // A part has the place that its whole has: half a table would lose words.
                let bare = if part { within_bare } else { stack.len() > DEEPEST };
                let open = if bare { Open::Bare } else { opened(tag) };
                stack.push(Frame::new(open));
            }
            Event::End(end) => {
                if let Some(frame) = stack.pop()
                    && let Some(parent) = stack.last_mut()
                {
                    close(frame, end, parent);
                }
            }
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => words(&mut stack, &text),
            Event::Code(text) => add(
                &mut stack,
                Inline::Code {
                    text: text.into_string(),
                },
            ),
            Event::SoftBreak => words(&mut stack, " "),
            Event::HardBreak => add(&mut stack, Inline::Break),
            Event::Rule => {
                if let Some(frame) = stack.last_mut() {
                    frame.put(Flow::Rule);
                }
            }
            // Extensions that are not switched on.
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }
    stack.into_iter().next().map(Frame::settled).unwrap_or_default()
}

fn opened(tag: Tag) -> Open {
    match tag {
        Tag::Heading { level, .. } => Open::Heading(depth(level)),
        Tag::Paragraph => Open::Paragraph,
        Tag::BlockQuote(_) => Open::Quote,
        Tag::List(start) => Open::List(start),
        Tag::Item => Open::Item,
        Tag::CodeBlock(CodeBlockKind::Indented | CodeBlockKind::Fenced(_)) => Open::Code,
        Tag::Table(_) => Open::Table,
        Tag::TableHead | Tag::TableRow => Open::Row,
        Tag::TableCell => Open::Cell,
        Tag::Strong => Open::Strong,
        Tag::Emphasis => Open::Emphasis,
        Tag::Link { dest_url, .. } => Open::Link(allowed(&dest_url)),
        _ => Open::Bare,
    }
}

/// Moves a node that has ended into the one around it.
fn close(mut frame: Frame, end: TagEnd, parent: &mut Frame) {
    match std::mem::replace(&mut frame.open, Open::Bare) {
        Open::Heading(level) => parent.put(Flow::Heading {
            level,
            id: String::new(),
            body: frame.inlines,
        }),
        Open::Paragraph => parent.put(Flow::Paragraph { body: frame.inlines }),
        Open::Quote => parent.put(Flow::Quote { body: frame.settled() }),
        Open::List(start) => parent.put(Flow::List {
            start,
            items: frame.items,
        }),
        Open::Item => parent.items.push(frame.settled()),
        Open::Code => parent.put(Flow::Code {
            text: plain(&frame.inlines),
        }),
        Open::Table => {
            let mut rows = frame.rows.into_iter();
            let head = rows.next().unwrap_or_default();
            parent.put(Flow::Table {
                head,
                rows: rows.collect(),
            });
        }
        Open::Row => parent.rows.push(frame.cells),
        Open::Cell => parent.cells.push(frame.inlines),
        Open::Strong => parent.inlines.push(Inline::Strong { body: frame.inlines }),
        Open::Emphasis => parent.inlines.push(Inline::Emphasis { body: frame.inlines }),
        // A link without words has nothing to press.
        Open::Link(Some(to)) if !plain(&frame.inlines).trim().is_empty() => {
            parent.inlines.push(Inline::Link {
                to,
                body: frame.inlines,
            });
        }
        Open::Link(_) | Open::Bare | Open::Root => bare(frame, end, parent),
    }
}

/// What is nothing itself leaves its content in its place, as far as the place can hold it.
fn bare(frame: Frame, end: TagEnd, parent: &mut Frame) {
    let block = !matches!(end, TagEnd::Link | TagEnd::Image | TagEnd::Strong | TagEnd::Emphasis);
    if block {
        parent.settle();
    }
    parent.flows.extend(frame.flows);
    parent.inlines.extend(frame.inlines);
    if block {
        parent.settle();
    }
}

fn add(stack: &mut [Frame], inline: Inline) {
    if let Some(frame) = stack.last_mut() {
        frame.inlines.push(inline);
    }
}

/// Adds words, joined with the words before them.
fn words(stack: &mut [Frame], more: &str) {
    let Some(frame) = stack.last_mut() else { return };
    match frame.inlines.last_mut() {
        Some(Inline::Text { text }) => text.push_str(more),
        _ => frame.inlines.push(Inline::Text { text: more.to_owned() }),
    }
}

/// The words alone.
pub fn plain(inlines: &[Inline]) -> String {
    inlines
        .iter()
        .map(|inline| match inline {
            Inline::Text { text } | Inline::Code { text } => text.clone(),
            Inline::Strong { body } | Inline::Emphasis { body } | Inline::Link { body, .. } => plain(body),
            Inline::Break => "\n".to_owned(),
        })
        .collect()
}

/// The address, if it leads where links may lead.
fn allowed(to: &str) -> Option<String> {
    let (scheme, rest) = to.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    let known = match scheme.as_str() {
        "http" | "https" => rest.starts_with("//") && rest.len() > 2,
        "mailto" => rest.contains('@'),
        _ => false,
    };
    let clean = to.chars().all(|c| !c.is_control() && !c.is_whitespace()) && to.len() <= 2000;
    (known && clean).then(|| ascii(to))
}

/// Addresses are ASCII; in a PDF they must be.
fn ascii(to: &str) -> String {
    let mut written = String::with_capacity(to.len());
    for byte in to.bytes() {
        match byte {
            0x21..=0x7e => written.push(byte.into()),
            other => written += &format!("%{other:02X}"),
        }
    }
    written
}

fn depth(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(said: &str) -> Inline {
        Inline::Text { text: said.to_owned() }
    }

    fn words_of(flows: &[Flow]) -> String {
        let cells = |cells: &[Vec<Inline>]| cells.iter().map(|cell| plain(cell) + " ").collect::<String>();
        let of = |flow: &Flow| match flow {
            Flow::Heading { body, .. } | Flow::Paragraph { body } => plain(body),
            Flow::Quote { body } => words_of(body),
            Flow::List { items, .. } => items.iter().map(|item| words_of(item)).collect(),
            Flow::Code { text } => text.clone(),
            Flow::Table { head, rows } => cells(head) + &rows.iter().map(|row| cells(row)).collect::<String>(),
            Flow::Rule => String::new(),
        };
        flows.iter().map(|flow| of(flow) + " ").collect()
    }

    #[test]
    fn html_is_text() {
        assert_eq!(
            parse("a <b>b</b>"),
            [Flow::Paragraph {
                body: vec![text("a <b>b</b>")]
            }]
        );
        assert_eq!(
            words_of(&parse("<div onclick=x>\nb\n</div>")).trim(),
            "<div onclick=x>\nb\n</div>"
        );
    }

    #[test]
    fn links_lead_to_the_web_and_to_mail_only() {
        let to = |said: &str| match &parse(&format!("[x]({said})"))[..] {
            [Flow::Paragraph { body }] => match &body[..] {
                [Inline::Link { to, .. }] => Some(to.clone()),
                _ => None,
            },
            other => panic!("{other:?}"),
        };
        for good in [
            "https://example.org/a?b=c#d",
            "HTTP://example.org",
            "mailto:a@example.org",
        ] {
            assert_eq!(to(good).as_deref(), Some(good));
        }
        assert_eq!(
            to("https://example.org/å").as_deref(),
            Some("https://example.org/%C3%A5")
        );
        for bad in [
            "javascript:alert(1)",
            "JavaScript:x",
            "data:text/html,x",
            "//example.org",
            "/a",
            "#a",
            "file:///etc/passwd",
            "https:",
            "mailto:x",
            "vbscript:x",
            "java&#10;script:x",
        ] {
            assert_eq!(to(bad), None, "{bad}");
        }
        // Pictures are not fetched: their words stand in their place.
        assert_eq!(
            parse("![a](https://example.org/a.png)"),
            [Flow::Paragraph { body: vec![text("a")] }]
        );
        // A link without words would be a trap for the keyboard.
        assert_eq!(words_of(&parse("[](https://example.org)")).trim(), "");
    }

    #[test]
    fn lists_tables_and_code_are_read() {
        let item = |said: &str| vec![Flow::Paragraph { body: vec![text(said)] }];
        assert_eq!(
            parse("3. a\n4. b"),
            [Flow::List {
                start: Some(3),
                items: vec![item("a"), item("b")]
            }]
        );
        let row = |one: &str, other: &str| vec![vec![text(one)], vec![text(other)]];
        assert_eq!(
            parse("|a|b|\n|-|-|\n|c|d|"),
            [Flow::Table {
                head: row("a", "b"),
                rows: vec![row("c", "d")]
            }]
        );
        assert_eq!(
            parse("```\n*a*\n```"),
            [Flow::Code {
                text: "*a*\n".to_owned()
            }]
        );
    }

    fn depth_of(flows: &[Flow]) -> usize {
        flows
            .iter()
            .map(|flow| match flow {
                Flow::Quote { body } => 1 + depth_of(body),
                Flow::List { items, .. } => 1 + items.iter().map(|item| depth_of(item)).max().unwrap_or(0),
                _ => 0,
            })
            .max()
            .unwrap_or(0)
    }

    proptest! {
        /// Whatever surrounds the words, none is lost, and the tree stays shallow.
        #[test]
        fn no_word_is_lost(pieces in prop::collection::vec((prop::sample::select(vec![
            "", "> ", "- ", "1. ", "# ", "*", "**", "`", "\n", "\n\n", "    ", "| ", "|\n|-|-|\n|", "<b>", "</b>", "[x](https://a.b)",
            "> > > > > > > > > > > > > > > ", "- - - - - - - - - - - - - - - ", "> - > - > - > - > - > - > - ", "|a|b|\n|-|-|\n|",
        ]), 0..1000u32), 0..30)) {
            let said: String = pieces.iter().map(|(mark, word)| format!("{mark}word{word} ")).collect();
            let flows = parse(&said);
            let read = words_of(&flows);
            // A table drops the cells that its heading row has no column for, as CommonMark's extension says.
            if !said.contains("|-|-|") {
                for (_, word) in &pieces {
                    prop_assert!(read.contains(&format!("word{word}")), "word{word} of {said:?} in {read:?}");
                }
            }
            prop_assert!(depth_of(&flows) <= DEEPEST);
        }
    }
}
