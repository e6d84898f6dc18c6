//! The page: what it looks like, and what hostile texts cannot make of it.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

#[path = "../examples/samples.rs"]
mod samples;

use documents::{Block, Document, Fact, Language, STYLE, to_html};
use proptest::prelude::*;

#[test]
fn pages_are_as_reviewed() {
    for (name, document) in samples::all() {
        insta::assert_snapshot!(name, to_html(&document).replace(STYLE, "STYLE").replace("><", ">\n<"));
    }
}

#[test]
fn the_style_is_the_constant_whose_hash_a_policy_names() {
    let page = to_html(&samples::statement(Language::Sv));
    assert!(page.contains(&format!("<style>{STYLE}</style>")));
    assert!(!STYLE.contains("</") && !STYLE.contains("url(") && !STYLE.contains("@import"));
    assert!(!page.contains("style=\"") && page.matches("<style").count() == 1);
}

/// Every tag of a page as its name and its attributes' names. What maud escapes cannot hold `<` or `>`.
fn tags(page: &str) -> Vec<(String, Vec<String>)> {
    let page = page.replace(STYLE, "");
    page.split('<')
        .skip(1)
        .map(|piece| {
            let tag = piece.split('>').next().unwrap();
            let name = tag
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .trim_start_matches('/')
                .to_lowercase();
            // Names stand before the values; the odd pieces between quotes are the values.
            let outside: String = tag.split('"').step_by(2).collect::<Vec<_>>().join(" ");
            let names = outside
                .split_whitespace()
                .skip(1)
                .map(|attribute| attribute.trim_end_matches('=').to_owned());
            (name, names.filter(|name| name != "/").collect())
        })
        .collect()
}

fn levels(page: &str) -> Vec<u8> {
    let headings = tags(page).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let opened = headings
        .iter()
        .filter(|name| name.len() == 2 && name.starts_with('h') && *name != "hr");
    opened.step_by(2).map(|name| name[1..].parse().unwrap()).collect()
}

fn document_of(text: &str) -> Document {
    let fact = || {
        vec![Fact {
            label: text.into(),
            value: text.into(),
        }]
    };
    let mut document = samples::statement(Language::En);
    document.title = text.into();
    document.author = text.into();
    document.identifier = text.into();
    document.subtitle = Some(text.into());
    document.digest = Some(text.into());
    document.keywords = vec![text.into()];
    for block in &mut document.blocks {
        if let Block::Plot(plot) = block {
            plot.title = text.into();
            plot.series = text.into();
            plot.points[0].period = text.into();
            plot.points[0].text = text.into();
            plot.points[0].remark = text.into();
            plot.target.as_mut().unwrap().text = text.into();
        }
    }
    document.blocks.push(Block::Heading {
        level: 5,
        text: text.into(),
    });
    document.blocks.push(Block::Text {
        markdown: text.into(),
        language: Some(Language::Sv),
    });
    document.blocks.push(Block::Facts(fact()));
    document
}

#[test]
fn headings_have_no_gaps_and_one_title() {
    for (name, document) in samples::all() {
        let levels = levels(&to_html(&document));
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{name}");
        assert!(
            levels.windows(2).all(|pair| pair[1] <= pair[0] + 1),
            "{name}: {levels:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn no_text_becomes_a_tag_or_an_attribute(text in hostile()) {
        let page = to_html(&document_of(&text));
        let tags = tags(&page);
        for (name, attributes) in &tags {
            prop_assert!(TAGS.split(' ').any(|known| known == name), "<{name}> from {text:?}");
            for attribute in attributes {
                prop_assert!(ATTRIBUTES.split(' ').any(|known| known == attribute), "{attribute} from {text:?}");
            }
        }
        // Links lead nowhere else.
        for link in page.split("<a href=\"").skip(1) {
            prop_assert!(["http://", "https://", "mailto:"].iter().any(|start| link.to_lowercase().starts_with(start)));
        }
        let levels = levels(&page);
        prop_assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\" onload=\"x",
        "' onload='x",
        "-->",
        "]]>",
        "</style>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,x)",
        "[x](//evil.example)",
        "![x](https://evil.example/x.png)",
        "[x](https://good.example/\"><b>)",
        "<https://good.example>",
        "<javascript:x>",
        "&lt;b&gt;",
        "&#60;b&#62;",
        "\u{202e}",
        "\u{0}",
        "# ",
        "###### ",
        "> ",
        "- ",
        "1. ",
        "| a | b |\n|-|-|\n| c |",
        "```\n",
        "    ",
        "***",
        "`",
        "\n\n",
        "\n",
        "å😀",
        "\\",
        "$x$",
        "#panic()",
    ]);
    prop::collection::vec(prop_oneof![4 => pieces.prop_map(str::to_owned), 1 => ".{0,12}"], 0..12)
        .prop_map(|all| all.concat())
}

const TAGS: &str = "!doctype html head meta title style body a header h1 h2 h3 h4 h5 h6 p time main footer dl div dt dd code span \
    strong em br hr blockquote ul ol li pre table caption thead tbody tr th td figure figcaption svg desc rect line polyline text \
    circle polygon";
const ATTRIBUTES: &str = "html lang charset name content class href id tabindex datetime role aria-label aria-labelledby aria-hidden \
    scope start rel width height viewBox xmlns x y x1 y1 x2 y2 cx cy r dy points fill stroke stroke-width opacity text-anchor \
    font-family font-size";
