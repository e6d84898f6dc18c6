//! Rounds: whom they ask, what is fixed when, and how they end.
use end_to_end::{World, on_each_database};
use serde_json::json;

use super::{Store, act, answer, contacts, day, draft, form, links, survey};

#[tokio::test(flavor = "multi_thread")]
async fn a_round_asks_a_sample_of_those_who_could_be_asked() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let made = contacts(&service, &world.klk_hr, 8).await;
        // Who works here does not judge the house, whoever they speak for.
        let email = service
            .administrator()
            .get(&format!("/contacts/{}", made[0]))
            .await
            .expect(200)
            .text("email");
        let person = json!({"name": "Egen Person", "email": email.to_uppercase().replace("EXAMPLE.SE", "example.se")});
        service.administrator().post("/persons", person).await.expect(201);
        let more = json!({"mandates": ["key_user"], "sample": {"kind": "random", "size": 3}});
        let first = draft(&service, &world, "confidential", &[&world.klk_hr], more).await;
        assert_eq!(first.body["status"], "draft");
        let opened = act(&world.brm, &first, "opening").await.expect(200);
        let drawn = &opened.body["drawn"];
        // Seven key users that were made, and the world's own; neither the decider nor the purchaser.
        assert_eq!(
            (&drawn["frame"], &drawn["ownLeftOut"], &drawn["invited"]),
            (&json!(8), &json!(1), &json!(3))
        );
        assert_eq!(
            (&opened.body["status"], &opened.body["edition"]),
            (&json!("open"), &json!(1))
        );
        let invited = world
            .brm
            .get(&format!("/survey-rounds/{}/invitations", first.id()))
            .await
            .expect(200);
        assert_eq!(invited.items().len(), 3);
        assert!(
            invited
                .items()
                .iter()
                .all(|i| i["state"] == "waiting" && i.get("used").is_none())
        );
        // A second round leaves them alone, and says so; stratified, it asks so many of each customer.
        let more = json!({"restDays": 30, "sample": {"kind": "stratified", "sizePerCustomer": 1}});
        let both = [world.klk_hr.as_str(), world.klk.as_str()];
        let second = draft(&service, &world, "named", &both, more).await;
        let opened = act(&world.dm, &second, "opening").await.expect(200);
        let drawn = &opened.body["drawn"];
        let told = ["frame", "ownLeftOut", "restedLeftOut", "invited"].map(|member| drawn[member].clone());
        assert_eq!(told, [json!(8), json!(1), json!(3), json!(2)], "{drawn}");
        act(&world.brm, &second, "opening").await.refused(409, "state");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_respondents_are_told_is_fixed_as_they_are_chosen() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let round = draft(&service, &world, "anonymous", &[&world.klk_hr], json!({})).await;
        let path = format!("/survey-rounds/{}", round.id());
        // Three contacts: nobody is anonymous among them.
        act(&world.brm, &round, "opening").await.refused(409, "R19");
        let nobody = world.brm.post(&format!("{path}/links"), json!({})).await;
        nobody.refused(409, "state");
        let seen = world.brm.get(&path).await.expect(200);
        let body = json!({"anonymity": "confidential"});
        let seen = world.brm.patch(&path, &seen.etag(), body).await.expect(200);
        let survey_path = format!("/surveys/{}", seen.text("survey"));
        act(&world.brm, &round, "opening").await.expect(200);
        let seen = world.brm.get(&path).await.expect(200);
        for fixed in [
            json!({"anonymity": "named"}),
            json!({"mandates": ["customer"]}),
            json!({"customers": [world.klk]}),
        ] {
            world.brm.patch(&path, &seen.etag(), fixed).await.refused(409, "state");
        }
        let longer = json!({"lastDay": day(&service, 20), "reminders": [day(&service, 7)]});
        let seen = world.brm.patch(&path, &seen.etag(), longer).await.expect(200);
        assert_eq!(seen.body["reminders"], json!([day(&service, 7)]));
        // What was sent keeps its words; other ones are the next edition.
        let sent = world.brm.get(&survey_path).await.expect(200);
        assert_eq!((&sent.body["edition"], &sent.body["sealed"]), (&json!(1), &json!(true)));
        let mut content = survey()["content"].clone();
        content["title"]["sv"] = json!("Ny enkät");
        let next = world
            .brm
            .patch(&survey_path, &sent.etag(), json!({"content": content}))
            .await
            .expect(200);
        assert_eq!(
            (&next.body["edition"], &next.body["sealed"]),
            (&json!(2), &json!(false))
        );
        let old = world.brm.get(&format!("{survey_path}/editions/1")).await.expect(200);
        assert_eq!(old.body["title"]["sv"], "Enkät");
        assert_eq!(
            world
                .brm
                .get(&format!("{survey_path}/editions/2"))
                .await
                .expect(200)
                .body["title"]["sv"],
            "Ny enkät"
        );
        world.brm.get(&format!("{survey_path}/editions/3")).await.expect(404);
        let link = links(&world.brm, &round, 0).await[0][4].to_owned();
        assert_eq!(form(&service, &link).await.body["survey"]["title"]["sv"], "Enkät");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_ends_by_the_calendar_and_tells_what_was_said_where_enough_said_it() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        contacts(&service, &world.klk_hr, 7).await;
        let round = draft(&service, &world, "confidential", &[&world.klk_hr], json!({"service": world.mail})).await;
        let path = format!("/survey-rounds/{}", round.id());
        act(&world.brm, &round, "opening").await.expect(200);
        let table = links(&world.brm, &round, 0).await;
        assert_eq!(table.len(), 10);
        let scores = [5, 4, 4, 2, 5, 3, 4, 5];
        for (n, (line, how)) in table.iter().zip(scores).enumerate() {
            let mut answers = json!({"how": how, "recommend": 9, "words": format!("Ord {n}")});
            if how == 2 {
                answers["why"] = json!("Det går långsamt.");
            }
            answer(&service, &line[4], answers, true).await.expect(200);
        }
        // Begun and never handed in.
        answer(&service, &table[8][4], json!({"how": 1, "words": "Halvt"}), false).await.expect(200);
        let bounced = json!({"outcomes": [{"invitation": &table[9][0], "arrived": false}]});
        let told = world.brm.post(&format!("{path}/invitation-outcomes"), bounced).await.expect(200);
        assert_eq!(told.body["bounced"], 1);
        assert_eq!(links(&world.brm, &round, 1).await.len(), 9, "what did not arrive is not sent again");
        let open = world.brm.get(&path).await.expect(200);
        assert!(open.body.get("turnout").is_none(), "nothing is told while it is open");
        let comments = format!("{path}/comments?question=words");
        world.brm.get(&comments).await.refused(409, "R19");

        service.state().clock.advance(chrono::Duration::days(15));
        let over = world.brm.get(&path).await.expect(200);
        assert_eq!(over.body["status"], "closed");
        assert_ne!(open.etag(), over.etag());
        answer(&service, &table[8][4], json!({"how": 1}), true).await.refused(409, "state");
        let last_day = over.text("lastDay");
        let before = service.events().await;
        for _ in 0..2 {
            service.state().db.keep_rounds(&service.state().housekeeping()).await.expect("the round");
        }
        assert_eq!(service.events().await, before + 1, "a round closes once");
        let closed = world.brm.get(&path).await.expect(200);
        assert_eq!(closed.body["turnout"], json!({"delivered": 9, "answered": 8}));
        assert_eq!(closed.text("closedOn"), last_day);
        let store = Store::of(&service).await;
        let counts = store
            .texts("select question || ' ' || low || '-' || high || ' ' || top_boxes || ': ' || score || ' ' || n from survey_count order by question, score")
            .await;
        let wanted = ["how 1-5 2: 2 1", "how 1-5 2: 3 1", "how 1-5 2: 4 3", "how 1-5 2: 5 3", "recommend 0-10 0: 9 8"];
        assert_eq!(counts, wanted);
        let turnout = "select invited || ' ' || delivered || ' ' || answered from survey_turnout where customer_id is not null";
        assert_eq!(store.texts(turnout).await, ["10 9 8"]);

        world.brm.get(&comments).await.refused(409, "R19");
        act(&world.dm, &round, "publication").await.expect(200);
        let told = world.owner.get(&comments).await.expect(200);
        assert_eq!(told.items().len(), 8);
        assert!(told.items().iter().all(|c| c.get("contact").is_none()));
        // One said why; so few are told of nobody. And it is for the team alone.
        world.brm.get(&format!("{path}/comments?question=why")).await.refused(409, "R19");
        world.other_brm.get(&comments).await.expect(403);
        for kept_out in [service.administrator(), service.auditor()] {
            kept_out.get(&comments).await.expect(403);
        }
        let read = store.texts("select what || ' ' || actor_kind from access_record order by id").await;
        let links_made = "createInvitationLinks person";
        assert_eq!(read, [links_made, links_made, "listSurveyComments person"]);

        // A year on, the words go and the figures stay.
        service.state().clock.advance(chrono::Duration::days(370));
        service.state().db.keep_rounds(&service.state().housekeeping()).await.expect("the round");
        assert!(store.rows("survey_comment").await.is_empty());
        assert_eq!(store.rows("survey_count").await.len(), 5);
        assert!(store.everything().await.iter().all(|(_, row)| !row.contains("ord 3")), "not in the log either");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_is_seen_by_whoever_sees_all_of_its_customers() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let round = draft(&service, &world, "named", &[&world.klk, &world.klk_hr], json!({})).await;
        let survey = round.text("survey");
        let body = json!({"survey": survey, "title": {"sv": "Runda", "en": "Round"}, "anonymity": "named",
            "customers": [world.klk, world.bun], "firstDay": day(&service, 0), "lastDay": day(&service, 1)});
        world
            .brm
            .post("/survey-rounds", body.clone())
            .await
            .refused(403, "not_permitted");
        let path = format!("/survey-rounds/{}", round.id());
        world.other_brm.get(&path).await.expect(200);
        act(&world.other_brm, &round, "opening").await.expect(403);
        for (customers, seen) in [(vec![&world.klk], 404), (vec![&world.klk, &world.klk_hr], 200)] {
            let scopes = ["satisfaction.read", "satisfaction.write"];
            let body = json!({"name": format!("System {}", customers.len()), "scopes": scopes, "customers": customers});
            let client = service.administrator().post("/clients", body).await.expect(201).id();
            let system = service.caller_with(api::identity::Kind::Client, &client, &scopes.join(" "));
            system.get(&path).await.expect(seen);
            let listed = system.get("/survey-rounds?count=true").await.expect(200);
            assert_eq!(listed.body["total"], i32::from(seen == 200));
        }
        let of_customer = world
            .brm
            .get(&format!("/survey-rounds?customer={}", world.klk))
            .await
            .expect(200);
        assert_eq!(of_customer.items().len(), 1);
        let none = world
            .brm
            .get(&format!("/survey-rounds?customer={}", world.bun))
            .await
            .expect(200);
        assert!(none.items().is_empty());
        service.stop().await;
    })
    .await;
}
