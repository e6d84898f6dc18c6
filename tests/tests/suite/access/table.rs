//! The expectations as a person wrote them down in `permissions.csv`, whose head explains its notation.
use super::things::Place;

/// The caller without a token.
pub const NOBODY: &str = "nobody";
const TABLE: &str = include_str!("../../../permissions.csv");

/// What each kind of caller may do with one operation.
pub struct Row {
    pub operation: String,
    /// The scope that fits; empty where no client ever may.
    pub scope: String,
    things: String,
    cells: Vec<(String, String)>,
}

pub fn rows() -> Vec<Row> {
    let mut table = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(TABLE.as_bytes());
    let columns = table.headers().expect("a head").clone();
    let row = |record: csv::StringRecord| Row {
        operation: record[0].into(),
        scope: record[1].into(),
        things: record[2].into(),
        cells: columns
            .iter()
            .zip(&record)
            .skip(3)
            .map(|(kind, cell)| (kind.into(), cell.into()))
            .collect(),
    };
    table
        .records()
        .map(|record| row(record.expect("a row as long as the head")))
        .collect()
}

impl Row {
    /// The things with which the operation is tried.
    pub fn places(&self) -> Vec<Place> {
        match self.things.as_str() {
            "customer" => vec![Place::Home, Place::Away, Place::Unknown],
            "register" => vec![Place::Home, Place::Unknown],
            "none" => vec![Place::Home],
            other => panic!("{}: {other} is no kind of things", self.operation),
        }
    }

    /// What each kind of caller is answered.
    pub fn cells(&self, place: Place) -> impl Iterator<Item = (&str, &str)> {
        let places = self.places();
        let at = places
            .iter()
            .position(|p| *p == place)
            .expect("a place of this operation");
        self.cells.iter().map(move |(kind, cell)| {
            let answers: Vec<&str> = cell.split_whitespace().collect();
            let fits = answers.len() == 1 || answers.len() == places.len();
            assert!(fits, "{} {kind}: {cell} does not fit the things", self.operation);
            (kind.as_str(), answers[at.min(answers.len() - 1)])
        })
    }

    /// Whether nobody needs a token.
    pub fn is_public(&self) -> bool {
        self.cells.iter().any(|(kind, cell)| kind == NOBODY && cell == "ok")
    }
}
