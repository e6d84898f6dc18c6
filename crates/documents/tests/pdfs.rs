//! The PDF, read by another library: is it what an archive and a screen reader need, and can a text break it?

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

#[path = "../examples/samples.rs"]
mod samples;

use std::collections::BTreeMap;

use documents::{Block, Column, Document, Error, Fact, Language, Table, to_pdf};
use lopdf::{Dictionary, Object};
use proptest::prelude::*;

fn read(document: &Document) -> lopdf::Document {
    lopdf::Document::load_mem(&to_pdf(document).unwrap()).unwrap()
}

fn dictionary<'a>(pdf: &'a lopdf::Document, of: &'a Dictionary, name: &str) -> &'a Dictionary {
    pdf.dereference(of.get(name.as_bytes()).unwrap())
        .unwrap()
        .1
        .as_dict()
        .unwrap()
}

fn xmp(pdf: &lopdf::Document) -> String {
    let id = pdf.catalog().unwrap().get(b"Metadata").unwrap().as_reference().unwrap();
    let stream = pdf.get_object(id).unwrap().as_stream().unwrap();
    // PDF/A-2 wants the metadata readable without unpacking.
    assert!(stream.dict.get(b"Filter").is_err());
    String::from_utf8(stream.content.clone()).unwrap()
}

/// How often each structure type occurs.
fn structure(pdf: &lopdf::Document) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for dictionary in pdf.objects.values().filter_map(|object| object.as_dict().ok()) {
        if dictionary.has_type(b"StructElem") || dictionary.has(b"S") && dictionary.has(b"P") && dictionary.has(b"K") {
            let kind = dictionary.get(b"S").unwrap().as_name().unwrap();
            *found.entry(String::from_utf8_lossy(kind).into_owned()).or_default() += 1;
        }
    }
    found
}

fn text(pdf: &lopdf::Document) -> String {
    pdf.extract_text(&pdf.get_pages().keys().copied().collect::<Vec<_>>())
        .unwrap()
}

#[test]
fn it_is_pdf_a_2a_and_pdf_ua_1() {
    for (name, document) in samples::all() {
        let pdf = read(&document);
        let catalog = pdf.catalog().unwrap();
        let xmp = xmp(&pdf);
        for said in [
            "<pdfaid:part>2</pdfaid:part>",
            "<pdfaid:conformance>A</pdfaid:conformance>",
            "<pdfuaid:part>1</pdfuaid:part>",
            &format!("<rdf:li>{}</rdf:li>", document.author),
            &format!(">{}</rdf:li>", document.title),
            &format!("<xmp:CreateDate>{}", document.date),
        ] {
            assert!(xmp.contains(said), "{name}: {said} in {xmp}");
        }
        let language = catalog.get(b"Lang").unwrap().as_str().unwrap();
        assert!(language.starts_with(document.language.tag().as_bytes()), "{name}");
        assert!(
            dictionary(&pdf, catalog, "MarkInfo")
                .get(b"Marked")
                .unwrap()
                .as_bool()
                .unwrap(),
            "{name}"
        );
        assert!(
            dictionary(&pdf, catalog, "ViewerPreferences")
                .get(b"DisplayDocTitle")
                .unwrap()
                .as_bool()
                .unwrap()
        );
        let intents = pdf
            .dereference(catalog.get(b"OutputIntents").unwrap())
            .unwrap()
            .1
            .as_array()
            .unwrap();
        let intent = pdf.dereference(&intents[0]).unwrap().1.as_dict().unwrap();
        assert_eq!(intent.get(b"S").unwrap().as_name().unwrap(), b"GTS_PDFA1");
        assert!(intent.has(b"DestOutputProfile"));
        for forbidden in ["JavaScript", "Launch", "EmbeddedFile", "Encrypt"] {
            let named = |dictionary: &Dictionary| {
                dictionary.has(forbidden.as_bytes()) || dictionary.has_type(forbidden.as_bytes())
            };
            assert!(
                !pdf.objects.values().any(|object| object.as_dict().is_ok_and(named)),
                "{name}: {forbidden}"
            );
        }
    }
}

#[test]
fn every_font_is_embedded() {
    let pdf = read(&samples::agreement(Language::Sv));
    let descriptors: Vec<_> = pdf
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .filter(|d| d.has_type(b"FontDescriptor"))
        .collect();
    let fonts = pdf
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .filter(|d| d.has_type(b"Font"));
    assert!(descriptors.len() >= 4, "regular, bold, italic, fixed");
    assert!(descriptors.iter().all(|d| d.has(b"FontFile2") || d.has(b"FontFile3")));
    for font in fonts {
        match font.get(b"Subtype").unwrap().as_name().unwrap() {
            b"Type0" => assert!(font.has(b"ToUnicode")),
            b"CIDFontType0" | b"CIDFontType2" => assert!(font.has(b"FontDescriptor")),
            other => panic!("{}", String::from_utf8_lossy(other)),
        }
    }
}

#[test]
fn its_structure_tells_titles_tables_and_figures() {
    let found = structure(&read(&samples::statement(Language::Sv)));
    assert_eq!((found["Title"], found["H1"], found["Figure"]), (1, 2, 2), "{found:?}");
    // Two tables of twelve periods: a heading row, and a heading in each row.
    assert_eq!((found["Table"], found["TR"]), (2, 26), "{found:?}");
    assert_eq!(found["TH"], 4 + 12 + 4 + 12, "{found:?}");
    let pdf = read(&samples::statement(Language::Sv));
    let figures = pdf
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .filter(|d| {
            d.get(b"S")
                .and_then(Object::as_name)
                .is_ok_and(|kind| kind == b"Figure")
        });
    for figure in figures {
        assert!(
            lopdf::decode_text_string(figure.get(b"Alt").unwrap())
                .unwrap()
                .contains("diagram: ")
        );
    }
}

#[test]
fn the_footer_stands_on_every_page() {
    let mut document = samples::agreement(Language::Sv);
    document.blocks.push(Block::Text {
        markdown: "Ett stycke.\n\n".repeat(120),
        language: None,
    });
    let pdf = read(&document);
    let pages = pdf.get_pages().len();
    assert!(pages >= 3);
    for page in 1..=pages as u32 {
        let text = pdf.extract_text(&[page]).unwrap().replace('\n', "");
        for said in [
            "AGR-2026-0001 · Version 3",
            &format!("Sida {page} av {pages}"),
            document.digest.as_deref().unwrap(),
        ] {
            assert!(text.contains(said), "page {page}: {said} in {text}");
        }
    }
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let document = samples::statement(Language::En);
    let first = to_pdf(&document).unwrap();
    let others = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| to_pdf(&document).unwrap())).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(others.into_iter().all(|other| other == first));
    let mut other = document.clone();
    other.version = Some("2".into());
    assert_ne!(to_pdf(&other).unwrap(), first);
}

#[test]
fn what_costs_too_much_is_refused() {
    let mut document = samples::agreement(Language::En);
    document.blocks = vec![Block::Text {
        markdown: "x ".repeat(documents::MOST_BYTES),
        language: None,
    }];
    assert!(matches!(
        to_pdf(&document),
        Err(Error::TooLarge {
            what: "bytes of text",
            ..
        })
    ));
    document.blocks = vec![Block::Facts(vec![]); documents::MOST_BLOCKS + 1];
    assert!(matches!(to_pdf(&document), Err(Error::TooLarge { what: "blocks", .. })));
    let column = Column {
        label: "a".into(),
        numeric: false,
    };
    let rows = vec![vec![]; documents::MOST_CELLS];
    document.blocks = vec![Block::Table(Table {
        caption: "a".into(),
        columns: vec![column],
        rows,
    })];
    assert!(matches!(
        to_pdf(&document),
        Err(Error::TooLarge {
            what: "table cells",
            ..
        })
    ));
    document.blocks = vec![];
    document.date = chrono::NaiveDate::from_ymd_opt(12_026, 1, 1).unwrap();
    assert!(matches!(to_pdf(&document), Err(Error::Date)));
}

#[test]
fn nothing_is_read_as_markup_and_nothing_is_lost() {
    let said = "#panic() #import \"x\" $a$ *b* _c_ @d <e> // f /* g */ \\h [i] #read(\"/etc/passwd\") = j ~k -- l";
    let mut document = bare(said);
    document.title = said.into();
    let text = text(&read(&document)).replace('\n', " ");
    for word in said.split(' ') {
        assert!(text.contains(word), "{word} in {text}");
    }
    // What no font has is told as its code point, and so is a mark that no font has together with its letter.
    for (said, shown) in [
        ("a😀b", "a[U+1F600]b"),
        ("x\u{485}", "x[U+0485]"),
        ("e\u{301}", "e\u{301}"),
    ] {
        let text = self::text(&read(&bare(said)));
        assert!(text.contains(shown), "{shown} in {text}");
    }
    // A long run breaks without a character that its copy would have.
    let digest = "0123456789abcdef".repeat(12);
    // (lopdf tells the pieces apart by blanks.)
    let text = self::text(&read(&bare(&digest))).replace(['\n', ' '], "");
    assert_eq!(text.matches(&digest).count(), 21);
}

#[test]
fn deep_nesting_is_set() {
    for deep in [
        "> ".repeat(500),
        "- ".repeat(500),
        "> - ".repeat(200),
        "*a **b ".repeat(200),
        "1. > # ".repeat(100),
    ] {
        let mut document = bare("");
        document.blocks = vec![Block::Text {
            markdown: deep + "ok",
            language: None,
        }];
        assert!(text(&read(&document)).contains("ok"));
    }
}

fn bare(said: &str) -> Document {
    let fact = || Fact {
        label: said.into(),
        value: said.into(),
    };
    let column = || Column {
        label: said.into(),
        numeric: true,
    };
    Document {
        title: "Title".into(),
        blocks: vec![
            Block::Heading {
                level: 2,
                text: said.into(),
            },
            Block::Facts(vec![fact(), fact()]),
            Block::Text {
                markdown: said.into(),
                language: Some(Language::Sv),
            },
            Block::Table(Table {
                caption: said.into(),
                columns: vec![column(), column(), column()],
                rows: vec![vec![said.into(); 3], vec![], vec![said.into(); 5]],
            }),
            Block::Note {
                tone: documents::Tone::Good,
                title: said.into(),
                text: said.into(),
            },
            Block::Approvals(vec![documents::Approval {
                party: said.into(),
                given: true,
                facts: vec![fact()],
            }]),
        ],
        ..samples::agreement(Language::En)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) })]

    #[test]
    fn any_text_can_be_set(text in hostile()) {
        let mut document = bare(&text);
        document.title = text.clone();
        document.author = text.clone();
        document.identifier = text.clone();
        document.subtitle = Some(text.clone());
        document.version = Some(text.clone());
        document.digest = Some(text.clone());
        document.keywords = vec![text.clone()];
        for block in samples::statement(Language::Sv).blocks {
            if let Block::Plot(mut plot) = block {
                plot.title = text.clone();
                plot.series = text.clone();
                plot.points[0].period = text.clone();
                plot.points[1].text = text.clone();
                document.blocks.push(Block::Plot(plot));
            }
        }
        prop_assert!(to_pdf(&document).is_ok(), "{:?}", to_pdf(&document));
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "#import \"/x\"",
        "#panic()",
        "$x^2$",
        "\\u{41}",
        "\"",
        "'",
        "`",
        "```",
        "]",
        "[",
        "}",
        "{",
        "😀",
        "👨‍👩‍👧",
        "Åsa Öberg",
        "\u{202e}",
        "\u{0}",
        "\u{e000}",
        "\u{feff}",
        "\u{fffd}",
        "\u{ad}",
        "\u{301}",
        "e\u{301}\u{301}",
        "ſ̈",
        "漢字",
        "العربية",
        "שלום",
        "ไทย",
        "\n",
        "\n\n",
        "\t",
        "# ",
        "- ",
        "| a | b |\n|-|-|\n",
        "[x](https://example.org/ä?a=%20)",
        "<!--",
        "&amp;",
        " ",
        "\u{a0}",
        "\u{10ffff}",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ]);
    prop::collection::vec(prop_oneof![4 => pieces.prop_map(str::to_owned), 1 => ".{0,20}"], 0..10)
        .prop_map(|all| all.concat())
}
