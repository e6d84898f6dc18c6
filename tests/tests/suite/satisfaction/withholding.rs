//! R19 over every way to ask: whoever asks for thousands of combinations, month after month, and forgets nothing, still cannot
//! work out what is withheld. Where only small figures were withheld, the same reader could.
use std::collections::{BTreeMap, BTreeSet};

use end_to_end::{Caller, on_each_database, size};
use serde_json::Value;

use super::{Rated, drawn, figures, on_day};

pub(super) const LEAST: u64 = 5;
pub(super) const MONTHS: [&str; 3] = ["2026-01", "2026-02", "2026-03"];
pub(super) const QUARTER: &str = "2026-Q1";

/// A table of its own for each: figures of different scales have nothing to do with each other.
const SCALES: [(i32, i32); 6] = [(1, 3), (1, 4), (1, 5), (1, 6), (1, 7), (0, 10)];

/// What adds up figures of customers.
const GROUPS: [&str; 2] = ["team", "division"];

/// Highest score, part (empty: all; a customer, a service, or both), period.
pub(super) type Place = (i64, String, String);

/// A number that looks like chance and is the same in each run.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn next(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// What the reader has seen: how many answered, or that it is withheld.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) seen: BTreeMap<Place, Option<u64>>,
    pub(super) asked: usize,
}

impl Reader {
    fn remember(&mut self, place: Place, n: Option<u64>) {
        match self.seen.get(&place) {
            Some(Some(before)) => assert_eq!(Some(*before), n, "{place:?} was told before"),
            _ => {
                self.seen.insert(place, n);
            }
        }
    }

    fn read(&mut self, figures: &[Value]) {
        for figure in figures {
            let parts = [&figure["customer"]["id"], &figure["service"]["id"]];
            let parts: Vec<&str> = parts.into_iter().filter_map(Value::as_str).collect();
            let place = (
                figure["scale"]["high"].as_i64().expect("a scale"),
                parts.join("/"),
                figure["period"].as_str().expect("a period").to_owned(),
            );
            let n = figure["n"].as_u64();
            assert_eq!(figure["withheld"], n.is_none(), "{figure:#}");
            assert!(n.is_none_or(|n| n >= LEAST), "{figure:#}");
            let steps = figure["distribution"].as_array();
            let sum = steps.map(|steps| steps.iter().filter_map(|step| step["n"].as_u64()).sum::<u64>());
            assert_eq!(sum, n, "{figure:#}");
            // Sums of what stands beside them tell nothing more.
            if !GROUPS.contains(&figure["dimension"].as_str().expect("a dimension")) {
                self.remember(place, n);
            }
        }
    }

    /// What customers are compared by is told of each of them, and nothing else is.
    async fn check_comparisons(caller: &Caller, told: &[Value]) {
        let mut compared = 0;
        for kind in ["month", "quarter"] {
            let overview = caller
                .get(&format!("/satisfaction/overview?periodKind={kind}&most=50"))
                .await
                .expect(200);
            let index = caller
                .get(&format!("/satisfaction/index?periodKind={kind}&dimension=customer"))
                .await
                .expect(200);
            let customers = overview.body["customers"].as_array().expect("customers").iter();
            let of_overview = customers.flat_map(|c| {
                let trends = c["trends"].as_array().expect("trends").iter();
                trends.map(move |trend| (&c["customer"]["id"], trend))
            });
            let units = index.body["units"].as_array().expect("units").iter();
            let of_index = units.map(|unit| (&unit["customer"]["id"], &unit["trend"]));
            for (customer, trend) in of_overview.chain(of_index) {
                for point in trend["points"]
                    .as_array()
                    .expect("points")
                    .iter()
                    .filter(|point| point["n"].is_u64())
                {
                    let same = |figure: &&Value| {
                        figure["dimension"] == "customer"
                            && figure["customer"]["id"] == *customer
                            && ["scale", "method"]
                                .iter()
                                .all(|member| figure[*member] == trend[*member])
                            && ["period", "n", "value"]
                                .iter()
                                .all(|member| figure[*member] == point[*member])
                    };
                    assert!(told.iter().any(|figure| same(&figure)), "{customer} {trend:#}");
                    compared += 1;
                }
            }
        }
        let any = |figure: &Value| figure["dimension"] == "customer" && figure["n"].is_u64();
        assert_eq!(compared > 0, told.iter().any(any));
    }

    /// Teams are told by what is told of their customers, and by nothing else.
    fn check_groups(whole: &[Value]) {
        let mut sums = BTreeMap::<String, [u64; 2]>::new();
        for figure in whole {
            let place = match figure["dimension"].as_str() {
                Some("customer") if figure["customer"].is_object() => 0,
                Some("team") => 1,
                _ => continue,
            };
            let of = format!("{} {} {}", figure["scale"], figure["period"], figure["method"]);
            sums.entry(of).or_default()[place] += figure["n"].as_u64().unwrap_or_default();
        }
        assert!(sums.values().any(|[customers, _]| *customers > 0));
        for (of, [customers, teams]) in sums {
            assert_eq!(customers, teams, "{of}");
        }
    }

    /// Asks in as many ways as there are. What one way tells, no other withholds, nor the other way round.
    pub(super) async fn ask(&mut self, caller: &Caller, parts: &[String], periods: &[&str], most: usize) {
        let whole = figures(caller, "").await;
        self.read(&whole);
        let told = whole.clone();
        if whole.iter().any(|figure| figure["dimension"] == "team") {
            Self::check_groups(&whole);
        }
        let keys = |figures: &[Value]| -> BTreeSet<String> { figures.iter().map(Value::to_string).collect() };
        let whole = keys(&whole);
        let mut ways = vec![];
        for dimension in [
            "",
            "dimension=all",
            "dimension=customer",
            "dimension=service",
            "dimension=customer_service",
            "dimension=team",
            "dimension=division",
        ] {
            for part in parts {
                for period in periods {
                    for kind in ["", "periodKind=month", "periodKind=quarter"] {
                        for method in ["", "method=mean", "method=csat", "method=nps"] {
                            for more in ["", "withheld=false", "withheld=true", "changed=true", "sort=descending"] {
                                let way = [dimension, part, period, kind, method, more];
                                ways.push(
                                    way.into_iter()
                                        .filter(|word| !word.is_empty())
                                        .collect::<Vec<_>>()
                                        .join("&"),
                                );
                            }
                        }
                    }
                }
            }
        }
        let mut chance = Chance(7);
        for _ in 0..most.min(ways.len()) {
            let at = chance.next(ways.len() as u64);
            let way = ways.swap_remove(usize::try_from(at).expect("small"));
            let found = figures(caller, &way).await;
            self.asked += 1;
            assert!(keys(&found).is_subset(&whole), "{way} tells what the whole does not");
            self.read(&found);
        }
        Self::check_comparisons(caller, &told).await;
        let csv = caller.get("/satisfaction/metrics?format=csv").await.expect(200);
        assert_eq!(csv.body.as_str().expect("text").lines().count(), whole.len() + 1);
    }
}

/// What each base can be at least and at most, given those that are told: parts add up to totals, and none is negative.
pub(super) fn possible(told: &BTreeMap<Place, u64>, sums: &[(Place, Vec<Place>)]) -> BTreeMap<Place, (u64, u64)> {
    const MANY: u64 = 1_000_000;
    let mut ranges: BTreeMap<Place, (u64, u64)> = BTreeMap::new();
    for (total, parts) in sums {
        for place in parts.iter().chain([total]) {
            let range = told.get(place).map_or((0, MANY), |n| (*n, *n));
            ranges.insert(place.clone(), range);
        }
    }
    loop {
        let before = ranges.clone();
        for (total, parts) in sums {
            let (low, high) = ranges[total];
            let lows: u64 = parts.iter().map(|part| ranges[part].0).sum();
            let highs: u64 = parts.iter().map(|part| ranges[part].1).sum();
            ranges.insert(total.clone(), (low.max(lows), high.min(highs)));
            for part in parts {
                let (own_low, own_high) = ranges[part];
                let least = low.saturating_sub(highs - own_high);
                let most = high.saturating_sub(lows - own_low);
                ranges.insert(part.clone(), (own_low.max(least), own_high.min(most)));
            }
        }
        if ranges == before {
            return ranges;
        }
    }
}

/// What follows of those that are not told and have anybody in them.
pub(super) fn derived(
    truth: &BTreeMap<Place, u64>,
    told: &BTreeMap<Place, u64>,
    sums: &[(Place, Vec<Place>)],
) -> Vec<Place> {
    let ranges = possible(told, sums);
    let secret = truth.iter().filter(|(place, n)| **n > 0 && !told.contains_key(*place));
    secret
        .filter(|(place, n)| {
            let (low, high) = ranges[*place];
            assert!(
                low <= **n && **n <= high,
                "{place:?}: {n} is not within {low} and {high}"
            );
            low == high
        })
        .map(|(place, _)| place.clone())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r19_no_way_of_asking_gives_a_withheld_figure_away() {
    let ways = size("END_TO_END_FIGURES", 300);
    on_each_database(async |service| {
        let rated = Rated::set(&service, "2026-01-20").await;
        let world = &rated.world;
        let customers = [world.klk.clone(), world.klk_hr.clone(), world.bun.clone()];
        let services = [world.mail.clone(), world.salary.clone()];
        let mut truth: BTreeMap<Place, u64> = BTreeMap::new();
        let mut chance = Chance(2026);
        let mut reader = Reader::default();
        let parts: Vec<String> = std::iter::once(String::new())
            .chain(customers.iter().map(|id| format!("customer={id}")))
            .chain(services.iter().map(|id| format!("service={id}")))
            .collect();
        for (at, month) in MONTHS.into_iter().enumerate() {
            on_day(&service, &format!("{month}-20"));
            let mut ratings = vec![];
            for scale in SCALES {
                for customer in &customers {
                    for about in &services {
                        let n = chance.next(9);
                        let n = if chance.next(3) == 0 { n * 3 } else { n };
                        ratings.push((
                            customer.as_str(),
                            about.as_str(),
                            scale,
                            scale.1,
                            usize::try_from(n).expect("small"),
                        ));
                        *truth
                            .entry((scale.1.into(), format!("{customer}/{about}"), month.into()))
                            .or_default() += n;
                        for part in [String::new(), customer.clone(), about.clone()] {
                            for period in [month, QUARTER] {
                                *truth.entry((scale.1.into(), part.clone(), period.into())).or_default() += n;
                            }
                        }
                    }
                }
            }
            rated.rate(&service, month, &ratings).await;
            let fixed = ["2026-02-04", "2026-03-04", "2026-04-04"][at];
            on_day(&service, fixed);
            drawn(&service).await;
            let periods = [
                "",
                "period=2026-01",
                "period=2026-02",
                "period=2026-03",
                "period=2026-Q1",
                "firstDayFrom=2026-02-01",
            ];
            reader.ask(&service.administrator(), &parts, &periods, ways).await;
        }
        assert!(reader.asked >= 3 * ways);
        let mut sums = vec![];
        for (_, high) in SCALES {
            let place = |part: &str, period: &str| (i64::from(high), part.to_owned(), period.to_owned());
            for period in MONTHS.into_iter().chain([QUARTER]) {
                for rows in [&customers[..], &services[..]] {
                    sums.push((place("", period), rows.iter().map(|part| place(part, period)).collect()));
                }
            }
            for month in MONTHS {
                let both = |customer: &str, about: &str| place(&format!("{customer}/{about}"), month);
                for customer in &customers {
                    sums.push((
                        place(customer, month),
                        services.iter().map(|about| both(customer, about)).collect(),
                    ));
                }
                for about in &services {
                    sums.push((
                        place(about, month),
                        customers.iter().map(|customer| both(customer, about)).collect(),
                    ));
                }
            }
            for part in std::iter::once("").chain(customers.iter().chain(&services).map(String::as_str)) {
                sums.push((
                    place(part, QUARTER),
                    MONTHS.iter().map(|month| place(part, month)).collect(),
                ));
            }
        }
        let told: BTreeMap<Place, u64> = reader
            .seen
            .iter()
            .filter_map(|(place, n)| Some((place.clone(), (*n)?)))
            .collect();
        assert!(told.iter().all(|(place, n)| truth[place] == *n), "what is told is true");
        assert!(
            told.len() * 2 > truth.values().filter(|n| **n >= LEAST).count(),
            "and much is told"
        );
        assert_eq!(derived(&truth, &told, &sums), Vec::<Place>::new());
        // The attack is one.
        let only_small_withheld = truth
            .iter()
            .filter(|(_, n)| **n >= LEAST)
            .map(|(place, n)| (place.clone(), *n))
            .collect();
        assert!(!derived(&truth, &only_small_withheld, &sums).is_empty());
    })
    .await;
}
