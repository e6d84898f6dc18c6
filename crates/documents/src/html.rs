//! The document as one page: no script, no outer resource, one constant style that a Content-Security-Policy can name
//! by its hash.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::markdown::{Flow, Inline, plain};
use crate::parts::{Part, clean, parts, title};
use crate::{Approval, Document, Fact, Table, Tone};

/// What the page's `style` element holds: the same for every document, so that its SHA-256 can stand in a
/// Content-Security-Policy (`default-src 'none'; style-src 'sha256-…'`).
pub const STYLE: &str = include_str!("page.css");

/// The page.
pub fn to_html(document: &Document) -> String {
    let language = document.language;
    let page = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="author" content=(clean(&document.author));
                @if !document.keywords.is_empty() {
                    meta name="keywords" content=(clean(&document.keywords.join(", ")));
                }
                title { (title(document)) " – " (clean(&document.identifier)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { (language.pick("Till innehållet", "Skip to the content")) }
                header {
                    h1 { (title(document)) }
                    @if let Some(subtitle) = &document.subtitle { p.subtitle { (clean(subtitle)) } }
                    p.origin {
                        (clean(&document.author)) " · "
                        time datetime=(document.date) { (document.date) }
                    }
                }
                main id="content" tabindex="-1" {
                    @for part in parts(document) { (shown(&part)) }
                }
                footer { (footer(document)) }
            }
        }
    };
    page.into_string()
}

fn footer(document: &Document) -> Markup {
    let language = document.language;
    html! {
        dl {
            div { dt { (language.pick("Beteckning", "Identifier")) } dd { (clean(&document.identifier)) } }
            @if let Some(version) = &document.version { div { dt { "Version" } dd { (clean(version)) } } }
            @if let Some(digest) = &document.digest {
                div { dt { (language.pick("Kontrollsumma", "Digest")) } dd { code { (clean(digest)) } } }
            }
        }
    }
}

fn shown(part: &Part) -> Markup {
    match part {
        Part::Heading { level, id, text } => heading(*level, id, html! { (text) }),
        Part::Text { flows, language: None } => html! { div.text { (running(flows)) } },
        Part::Text {
            flows,
            language: Some(own),
        } => html! { div.text lang=(own.tag()) { (running(flows)) } },
        Part::Facts { facts } => fact_list(facts),
        Part::Table { table } => data_table(table),
        Part::Note { tone, title, text } => html! {
            div class={ "note " (tone_class(*tone)) } {
                p.verdict { span aria-hidden="true" { (sign(*tone)) " " } strong { (title) } }
                @if !text.is_empty() { p { (lines(text)) } }
            }
        },
        // The drawing is ours, its texts escaped where it is drawn.
        Part::Plot { title, svg, .. } => html! {
            figure {
                figcaption { (title) }
                div.wide role="region" aria-label=(title) tabindex="0" { (PreEscaped(svg)) }
            }
        },
        Part::Approvals { approvals } => html! { ul.approvals { @for one in approvals { (approval(one)) } } },
    }
}

fn heading(level: u8, id: &str, body: Markup) -> Markup {
    match level {
        2 => html! { h2 id=(id) { (body) } },
        3 => html! { h3 id=(id) { (body) } },
        4 => html! { h4 id=(id) { (body) } },
        5 => html! { h5 id=(id) { (body) } },
        _ => html! { h6 id=(id) { (body) } },
    }
}

fn running(flows: &[Flow]) -> Markup {
    html! {
        @for flow in flows {
            @match flow {
                Flow::Heading { level, id, body } => { (heading(*level, id, inline(body))) }
                Flow::Paragraph { body } => { p { (inline(body)) } }
                Flow::Quote { body } => { blockquote { (running(body)) } }
                Flow::List { start: None, items } => { ul { @for item in items { li { (running(item)) } } } }
                Flow::List { start: Some(start), items } => {
                    ol start=(start) { @for item in items { li { (running(item)) } } }
                }
                Flow::Code { text } => { pre { code { (text) } } }
                Flow::Rule => { hr; }
                Flow::Table { head, rows } => {
                    div.wide role="region" aria-label=(head.iter().map(|cell| plain(cell)).collect::<Vec<_>>().join(", ")) tabindex="0" {
                        table {
                            thead { tr { @for cell in head { th scope="col" { (inline(cell)) } } } }
                            tbody { @for row in rows { tr { @for cell in row { td { (inline(cell)) } } } } }
                        }
                    }
                }
            }
        }
    }
}

fn inline(body: &[Inline]) -> Markup {
    html! {
        @for part in body {
            @match part {
                Inline::Text { text } => { (text) }
                Inline::Code { text } => { code { (text) } }
                Inline::Strong { body } => { strong { (inline(body)) } }
                Inline::Emphasis { body } => { em { (inline(body)) } }
                Inline::Link { to, body } => { a href=(to) rel="noopener noreferrer" { (inline(body)) } }
                Inline::Break => { br; }
            }
        }
    }
}

fn fact_list(facts: &[Fact]) -> Markup {
    html! {
        dl.facts { @for fact in facts { div { dt { (fact.label) } dd { (lines(&fact.value)) } } } }
    }
}

fn data_table(table: &Table) -> Markup {
    let class = |column: usize| {
        table
            .columns
            .get(column)
            .filter(|column| column.numeric)
            .map(|_| "number")
    };
    html! {
        // Reached by keyboard, since it scrolls where the screen is narrow.
        div.wide role="region" aria-label=(table.caption) tabindex="0" {
            table {
                caption { (table.caption) }
                thead {
                    tr { @for (at, column) in table.columns.iter().enumerate() {
                        th scope="col" class=[class(at)] { (column.label) }
                    } }
                }
                tbody {
                    @for row in &table.rows {
                        tr { @for (at, cell) in row.iter().enumerate() {
                            @if at == 0 { th scope="row" class=[class(at)] { (lines(cell)) } }
                            @else { td class=[class(at)] { (lines(cell)) } }
                        } }
                    }
                }
            }
        }
    }
}

fn approval(approval: &Approval) -> Markup {
    html! {
        li class=(if approval.given { "given" } else { "awaited" }) {
            p.verdict {
                span aria-hidden="true" { (if approval.given { "✓ " } else { "… " }) }
                strong { (approval.party) }
            }
            @if !approval.facts.is_empty() { (fact_list(&approval.facts)) }
        }
    }
}

/// Line breaks as they were written.
fn lines(text: &str) -> Markup {
    html! { @for (at, line) in text.lines().enumerate() { @if at > 0 { br; } (line) } }
}

fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral => "neutral",
        Tone::Good => "good",
        Tone::Warning => "warning",
        Tone::Bad => "bad",
    }
}

/// Tells the tone without colour.
fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral => "●",
        Tone::Good => "✓",
        Tone::Warning => "▲",
        Tone::Bad => "✗",
    }
}
