//! What two do at the same moment.
use end_to_end::on_each_database;
use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn two_closings_at_the_same_moment_close_once() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let dm = &stage.desk.world.dm;
        for month in 1..=5 {
            let opened = stage.open(&agreement, &format!("2026-{month:02}")).await.expect(201);
            let statement = format!("/service-level-statements/{}", opened.id());
            stage.propose(&statement).await.expect(200);
            let accepted = stage.accept(&statement).await.expect(200);
            let (path, etag) = (format!("{statement}/closing"), accepted.etag());
            let (one, other) = tokio::join!(act(dm, &path, &etag, None), act(dm, &path, &etag, None));
            let mut statuses = [one.status.as_u16(), other.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 412]);
        }
        let events = service.auditor();
        let events = events
            .get("/events?type=kundansvar.service_level_statement.closed.v1")
            .await
            .expect(200);
        assert_eq!(events.items().len(), 5);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_two_open_is_one() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let open = || stage.open(&agreement, "2026-03");
        let (a, b, c) = tokio::join!(open(), open(), open());
        let mut ids = vec![a.id(), b.id(), c.id()];
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
        let all = stage.desk.world.dm.get("/service-level-statements").await.expect(200);
        assert_eq!(all.items().len(), 1);
        assert_eq!(all.items()[0]["state"], json!("open"));
        service.stop().await;
    })
    .await;
}
