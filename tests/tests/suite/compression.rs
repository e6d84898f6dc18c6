//! What is said of a body must be true of the body that is sent.
use end_to_end::on_each_database;

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_readable_by_who_takes_gzip() {
    on_each_database(async |service| {
        let unknown = format!("/customers/{}", uuid::Uuid::now_v7());
        let headers = [("accept-encoding", "gzip")];
        let refused = service
            .auditor()
            .send(reqwest::Method::GET, &unknown, &headers, None)
            .await;
        assert_eq!(
            refused.header("content-encoding"),
            "",
            "a problem document is sent as it is"
        );
        refused.refused(404, "not_found");
        service.stop().await;
    })
    .await;
}
