//! Anonymous rounds: whoever has the whole database of a closed one cannot tell who answered what, nor who answered at all.
use std::collections::HashSet;

use end_to_end::{World, on_each_database};
use serde_json::json;

use super::{Store, act, answer, contacts, draft, links};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stored_leads_from_an_answer_to_its_invitation() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        contacts(&service, &world.klk_hr, 12).await;
        // One of another customer, which would be told apart by being alone.
        let both = [world.klk_hr.as_str(), world.klk.as_str()];
        let round = draft(&service, &world, "anonymous", &both, json!({})).await;
        let opened = act(&world.brm, &round, "opening").await.expect(200);
        assert_eq!(opened.body["drawn"]["invited"], 16);
        let table = links(&world.brm, &round, 0).await;
        let store = Store::of(&service).await;
        let (events, keys) = (service.events().await, store.rows("idempotency").await.len());
        let answered = 12;
        for (n, line) in table.iter().take(answered).enumerate() {
            let body = json!({"answers": {"how": n % 5 + 1, "recommend": n % 11, "words": format!("Ord{n:02}.")}});
            let key = uuid::Uuid::now_v7().to_string();
            let sent = service.http.post(&line[4]).header("idempotency-key", key).json(&body);
            end_to_end::Answer::to("an answer", sent).await.expect(200);
        }
        assert_eq!(service.events().await, events, "no answer has an event");
        assert_eq!(store.rows("idempotency").await.len(), keys, "nor a record of its key");
        act(&world.brm, &round, "closing").await.expect(200);
        assert_eq!(service.events().await, events + 1, "the round has one");

        let everything = store.everything().await;
        let of = |table: &str| -> Vec<String> {
            let rows = everything.iter().filter(|(name, _)| name == table);
            rows.map(|(_, row)| row.clone()).collect()
        };
        let (answers, comments) = (of("survey_answer"), of("survey_comment"));
        assert_eq!((answers.len(), comments.len()), (answered, answered));
        // Whoever was invited stands in no answer, and no answer's id anywhere else.
        let mut known: HashSet<String> = table.iter().map(|line| line[0].replace('-', "")).collect();
        let path = format!("/survey-rounds/{}/invitations?limit=200", round.id());
        for invitation in world.brm.get(&path).await.expect(200).items() {
            known.insert(invitation["contact"]["id"].as_str().expect("an id").replace('-', ""));
        }
        for customer in both {
            known.insert(customer.replace('-', ""));
        }
        for row in answers.iter().chain(&comments) {
            let found: Vec<_> = known.iter().filter(|id| row.contains(id.as_str())).collect();
            assert!(found.is_empty(), "{row} names {found:?}");
            let id = ids(row).into_iter().next().expect("an id of its own");
            assert_eq!(&id[12..13], "4", "an id that tells a time: {row}");
            let places = everything.iter().filter(|(_, other)| other.contains(&id)).count();
            assert_eq!(places, 1, "{id} stands in {places} rows");
        }
        // Neither the order in which the rows lie, nor that of their ids, is the one in which they came.
        let came: Vec<String> = (0..answered).map(|n| format!("ord{n:02}.")).collect();
        let order = |rows: &[String]| -> Vec<String> {
            let word = |row: &String| came.iter().find(|word| row.contains(word.as_str())).cloned();
            rows.iter().map(|row| word(row).expect("its word")).collect()
        };
        assert_ne!(order(&comments), came);
        let mut by_id = comments.clone();
        by_id.sort_by_key(|row| ids(row).into_iter().next());
        assert_ne!(order(&by_id), came);
        let scores: Vec<[usize; 2]> = answers
            .iter()
            .map(|row| ["how", "recommend"].map(|key| score(row, key)))
            .collect();
        let sent: Vec<[usize; 2]> = (0..answered).map(|n| [n % 5 + 1, n % 11]).collect();
        assert_ne!(scores, sent);
        assert_eq!(HashSet::<&[usize; 2]>::from_iter(&scores), HashSet::from_iter(&sent));
        // What was said stands nowhere else, and in no answer beside its scores.
        for word in &came {
            let places: Vec<_> = everything
                .iter()
                .filter(|(_, row)| row.contains(word.as_str()))
                .collect();
            assert_eq!(places.len(), 1, "{places:?}");
        }
        // Not even who answered is told any more: all invitations look alike.
        let alike: HashSet<String> = store
            .texts("select state || ' ' || case when used then 'used' else 'unused' end from survey_invitation")
            .await
            .into_iter()
            .collect();
        assert_eq!(alike, HashSet::from(["delivered unused".into()]));
        // One alone of their customer is told together with the others.
        assert_eq!(of("survey_turnout").len(), 1);
        let of_customer = "select question from survey_count where customer_id is not null";
        assert!(store.texts(of_customer).await.is_empty());
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_told_of_its_customer_where_enough_were_invited() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        contacts(&service, &world.klk_hr, 3).await;
        contacts(&service, &world.klk, 5).await;
        let both = [world.klk_hr.as_str(), world.klk.as_str()];
        let round = draft(&service, &world, "anonymous", &both, json!({})).await;
        act(&world.brm, &round, "opening").await.expect(200);
        for line in links(&world.brm, &round, 0).await {
            answer(&service, &line[4], json!({"how": 4}), true).await.expect(200);
        }
        act(&world.brm, &round, "closing").await.expect(200);
        let store = Store::of(&service).await;
        let counts = "select invited || ' ' || answered from survey_turnout where customer_id is not null order by 1";
        assert_eq!(store.texts(counts).await, ["6 6", "6 6"]);
        let counts = "select score || ' ' || n from survey_count where customer_id is not null";
        assert_eq!(store.texts(counts).await, ["4 6", "4 6"]);
        service.stop().await;
    })
    .await;
}

/// The score that stands in a row under a question's key.
fn score(row: &str, key: &str) -> usize {
    let after = row.split_once(key).expect("an answer").1;
    let digits = after.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().expect("a score")
}

/// The ids in a row, in the order in which they stand there.
fn ids(row: &str) -> Vec<String> {
    let words = row.split(|c: char| !c.is_ascii_hexdigit());
    words.filter(|word| word.len() == 32).map(ToOwned::to_owned).collect()
}
