//! Whose evidence counts: the holder's and the customers' below, unless a nearer agreement covers them (R8).
use end_to_end::on_each_database;
use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn evidence_belongs_to_the_nearest_agreement() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let world = &stage.desk.world;
        let content = stage.content(vec![stage.availability(), stage.resolution()]);
        let above = stage
            .agreed(&world.klk, &world.chief, "2020-01-01", content.clone())
            .await;
        let statement = stage.march(&above).await;
        let desk = &stage.desk;
        desk.send(&[
            desk.case("C-1", json!({"resolved": "2026-03-02T11:00:00Z"})),
            desk.case(
                "C-2",
                json!({"resolved": "2026-03-16T11:00:00Z", "observedAt": "2026-03-17T10:00:00Z"}),
            ),
            desk.case(
                "C-3",
                json!({"resolved": "2026-03-16T11:00:00Z", "observedAt": "2026-03-17T10:00:00Z",
                "customer": world.klk}),
            ),
            desk.outage(
                "O-1",
                json!({"from": "2026-03-16T09:00:00Z", "to": "2026-03-16T10:00:00Z",
                "observedAt": "2026-03-17T10:00:00Z", "customers": [world.klk_hr]}),
            ),
        ])
        .await;
        let seen = async || world.dm.get(&statement).await.expect(200).body;
        let all = seen().await;
        assert_eq!(figure(&all, "resolution")["agreed"]["n"], 3);
        assert_eq!(all["figures"]["evidence"]["measurements"], 4);
        // HR gets an agreement of its own from the middle of the month: what follows is judged there.
        let own = stage.agreed(&world.klk_hr, &world.decider, "2026-03-10", content).await;
        let rest = seen().await;
        assert_eq!(figure(&rest, "resolution")["agreed"]["n"], 2, "C-1 and C-3");
        assert_eq!(
            rest["figures"]["evidence"]["measurements"], 2,
            "the outage only HR felt is HR's"
        );
        let uptime = figure(&rest, "uptime")["agreed"].clone();
        assert_eq!(uptime["n"], uptime["k"]);
        // Only HR uses mail, and up to the tenth under this agreement: six working days.
        assert_eq!(uptime["n"], 6 * 9 * 3600);
        let own = stage.march(&own).await;
        let own = world.dm.get(&own).await.expect(200).body;
        assert_eq!(figure(&own, "resolution")["agreed"]["n"], 1);
        assert_eq!(own["figures"]["evidence"]["measurements"], 2);
        service.stop().await;
    })
    .await;
}
