//! Targets as OpenSLO documents, and back.
use end_to_end::{World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

use super::*;

/// A draft with a target of each kind that OpenSLO can tell, and one of another; the calendar is open in office hours.
async fn with_targets(world: &World, service: &Service, tell: impl Fn(&str) -> Value) -> String {
    let day_of_work = json!([{"from": "08:00", "to": "17:00"}]);
    let calendar = json!({"name": format!("Kontorstid {}", uuid::Uuid::now_v7()),
        "hours": {"zone": "Europe/Stockholm", "weekly": {"monday": day_of_work}}});
    let calendar = service
        .administrator()
        .post("/service-calendars", calendar)
        .await
        .expect(201)
        .id();
    let mut told = draft(&[&world.mail, &world.salary], &day(service, 10));
    told["content"]["priorities"] = json!(["P1", "P2"]);
    let targets = told["content"]["targets"].as_array_mut().expect("targets");
    targets.extend(tell(&calendar).as_array().expect("targets").iter().cloned());
    begun(&world.brm, sla(&world.klk_hr, told)).await
}

fn both(world: &World, calendar: &str) -> Value {
    json!([
        {"key": "up_time", "name": "Tillgänglighet", "services": [world.mail], "indicator": {"kind": "availability"},
            "comparison": "at_least", "value": "99.95", "period": "month", "calendar": calendar,
            "consequence": {"kind": "words", "text": "Åtgärdsplan inom en vecka.\nRedovisas: \"skriftligt\"."}},
        {"key": "solved", "name": "Lösta i tid", "indicator": {"kind": "timeliness", "measured": "resolution",
            "limit": "PT4H", "priorities": ["P1"]}, "comparison": "above", "value": "0.000001", "period": "quarter",
            "calendar": calendar, "minimumObservations": 10},
    ])
}

async fn as_yaml(caller: &Caller, version: &str) -> String {
    let headers = [("accept", "application/yaml")];
    let answer = caller
        .send(Method::GET, &format!("{version}/openslo"), &headers, None)
        .await
        .expect(200);
    assert_eq!(answer.header("content-type"), "application/yaml");
    answer.body.as_str().expect("text").to_owned()
}

async fn as_json(caller: &Caller, version: &str) -> Value {
    let headers = [("accept", "application/json")];
    let answer = caller
        .send(Method::GET, &format!("{version}/openslo"), &headers, None)
        .await;
    answer.expect(200).body
}

async fn take_in(caller: &Caller, version: &str, media: &str, documents: String) -> Answer {
    let etag = caller.get(version).await.expect(200).etag();
    let headers = [("if-match", etag.as_str()), ("content-type", media)];
    caller
        .send_bytes(
            Method::POST,
            &format!("{version}/openslo"),
            &headers,
            documents.into_bytes(),
        )
        .await
}

async fn targets(caller: &Caller, version: &str) -> Value {
    caller.get(version).await.expect(200).body["content"]["targets"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_is_told_as_the_specification_says() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let version = with_targets(&world, &service, |calendar| both(&world, calendar)).await;
        let documents = as_json(&world.brm, &version).await;
        let kinds: Vec<_> = documents
            .as_array()
            .expect("documents")
            .iter()
            .map(|d| &d["kind"])
            .collect();
        assert_eq!(kinds, ["Service", "Service", "SLO", "SLO"]);
        let services = [&documents[0]["metadata"], &documents[1]["metadata"]];
        assert_eq!(*services[0], json!({"name": "mail", "displayName": "E-post"}));
        let number = world
            .brm
            .get(&agreement_of(&version))
            .await
            .text("number")
            .to_lowercase();
        assert_eq!(*services[1], json!({"name": number, "displayName": "E-post"}));
        let up = &documents[2];
        assert_eq!(up["apiVersion"], "openslo/v1");
        assert_eq!(
            up["metadata"],
            json!({"name": "up-time", "displayName": "Tillgänglighet"})
        );
        let spec = &up["spec"];
        assert_eq!(spec["service"], "mail");
        assert_eq!(spec["objectives"], json!([{"targetPercent": 99.95}]));
        assert_eq!(spec["budgetingMethod"], "Occurrences");
        let year = &day(&service, 10)[..4];
        assert_eq!(
            spec["timeWindow"],
            json!([{"duration": "1M", "isRolling": false,
                "calendar": {"startTime": format!("{year}-01-01 00:00:00"), "timeZone": "Europe/Stockholm"}}])
        );
        let ratio = &spec["indicator"]["spec"]["ratioMetric"];
        assert_eq!(ratio["counter"], false);
        assert_eq!(
            ratio["good"]["metricSource"],
            json!({"type": "kundansvar", "spec": {"measure": "seconds_available"}})
        );
        assert_eq!(ratio["total"]["metricSource"]["type"], "kundansvar");
        assert_eq!(documents[3]["spec"]["timeWindow"][0]["duration"], "1Q");

        // YAML: one document after the other, the same content.
        let yaml = as_yaml(&world.brm, &version).await;
        assert_eq!(yaml.lines().filter(|line| *line == "---").count(), 3, "{yaml}");
        let read: Vec<Value> = serde_saphyr::from_multiple(&yaml).expect("YAML");
        assert_eq!(json!(read), documents);
        world.decider.get(&format!("{version}/openslo")).await.expect(404);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_comes_back_the_same() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let version = with_targets(&world, &service, |calendar| both(&world, calendar)).await;
        let before = targets(&world.brm, &version).await;
        let yaml = as_yaml(&world.brm, &version).await;
        // Onto itself nothing changes; into a draft without them they stand after what is there.
        take_in(&world.brm, &version, "application/yaml", yaml.clone())
            .await
            .expect(200);
        assert_eq!(targets(&world.brm, &version).await, before);
        let other = with_targets(&world, &service, |_| json!([])).await;
        let taken = take_in(&world.brm, &other, "application/yaml", yaml.clone())
            .await
            .expect(200);
        assert_eq!(taken.body["content"]["targets"], before);
        assert_eq!(taken.body["calendars"][0]["id"], before[1]["calendar"]);
        let json = as_json(&world.brm, &other).await.to_string();
        take_in(&world.brm, &other, "application/json", json).await.expect(200);
        assert_eq!(targets(&world.brm, &other).await, before);
        // What the format has a place for counts as it stands there.
        let edited = yaml.replace("targetPercent: 99.95", "target: 0.9").replace("1Q", "1Y");
        let edited = take_in(&world.brm, &other, "application/yaml", edited)
            .await
            .expect(200);
        let told = &edited.body["content"]["targets"];
        assert_eq!((&told[1]["value"], &told[2]["period"]), (&json!("90"), &json!("year")));
        // What is laid before the parties stands still.
        propose(&world.brm, &other).await.expect(200);
        take_in(&world.brm, &other, "application/yaml", yaml)
            .await
            .refused(409, "state");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_target_is_refused_by_its_place() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let version = with_targets(&world, &service, |calendar| both(&world, calendar)).await;
        let good = as_json(&world.brm, &version).await;
        let before = targets(&world.brm, &version).await;
        let counted = "/2/spec/indicator/spec/ratioMetric/total/metricSource/spec";
        for (pointer, value, status, at) in [
            ("/2/kind", json!("DataSource"), 422, "/2/kind"),
            (
                "/2/spec/timeWindow/0/duration",
                json!("4w"),
                422,
                "/2/spec/timeWindow/0/duration",
            ),
            (
                "/2/spec/timeWindow/0/isRolling",
                json!(true),
                409,
                "/2/spec/timeWindow/0/isRolling",
            ),
            (
                "/2/spec/timeWindow/0/calendar/timeZone",
                json!("America/New_York"),
                409,
                "/2/spec/timeWindow/0/calendar/timeZone",
            ),
            (
                "/3/spec/timeWindow/0/calendar/startTime",
                json!("2026-02-01 00:00:00"),
                409,
                "/3/spec/timeWindow/0/calendar/startTime",
            ),
            (
                "/2/spec/objectives/0/targetPercent",
                json!(100),
                422,
                "/2/spec/objectives/0/targetPercent",
            ),
            ("/2/spec/objectives/0", json!({}), 409, "/2/spec/objectives/0"),
            (
                "/2/spec/indicator/spec/ratioMetric/total/metricSource/type",
                json!("Prometheus"),
                422,
                "/2/spec/indicator/spec/ratioMetric/total/metricSource/type",
            ),
            (
                &format!("{counted}/indicator"),
                json!({"kind": "satisfaction", "method": "csat"}),
                409,
                &format!("{counted}/indicator/kind"),
            ),
            (
                &format!("{counted}/calendar"),
                json!(uuid::Uuid::now_v7()),
                409,
                &format!("{counted}/calendar"),
            ),
            (
                &format!("{counted}/services"),
                json!([uuid::Uuid::now_v7()]),
                409,
                &format!("{counted}/services/0"),
            ),
            (
                &format!("{counted}/workloadLimit"),
                json!("many"),
                409,
                &format!("{counted}/workloadLimit"),
            ),
        ] {
            let mut bad = good.clone();
            let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
            match member.parse::<usize>() {
                Ok(place) => bad.pointer_mut(parent).expect(parent)[place] = value,
                Err(_) => bad.pointer_mut(parent).expect(parent)[member] = value,
            }
            let refused = take_in(&world.brm, &version, "application/json", bad.to_string())
                .await
                .expect(status);
            assert_eq!(refused.body["errors"][0]["pointer"], at, "{:#}", refused.body);
        }
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n\
            d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\n\
            g: &g [*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g]\n";
        for unreadable in [bomb, "kind: [SLO\n", "\u{0}"] {
            take_in(&world.brm, &version, "application/yaml", unreadable.into())
                .await
                .refused(400, "malformed");
        }
        for nothing in ["null\n", "---\n"] {
            take_in(&world.brm, &version, "application/yaml", nothing.into())
                .await
                .expect(422);
        }
        take_in(&world.brm, &version, "text/csv", "a".into())
            .await
            .refused(415, "unsupported_media_type");
        assert_eq!(targets(&world.brm, &version).await, before);
        // A promise of 100 per cent is none in OpenSLO.
        let whole = with_targets(&world, &service, |calendar| {
            let mut all = both(&world, calendar);
            all[0]["value"] = json!("100");
            all
        });
        let path = format!("{}/openslo", whole.await);
        let refused = world.brm.get(&path).await.refused(409, "unjudgeable");
        assert_eq!(refused.body["errors"][0]["pointer"], "/content/targets/1/value");
        service.stop().await;
    })
    .await;
}
