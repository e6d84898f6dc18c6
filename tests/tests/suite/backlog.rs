//! The backlog as a table: the same in text and in a workbook, of what the caller may see, and harmless in a spreadsheet.
use std::io::Cursor;

use calamine::{Reader, Xlsx};
use end_to_end::{Caller, World, on_each_database};
use reqwest::Method;
use serde_json::json;

/// The lines of the table, each by the names of its columns.
type Lines = Vec<Vec<(String, String)>>;

async fn bytes(caller: &Caller, query: &str, accept: &str) -> (String, Vec<u8>) {
    let request = caller.request(Method::GET, &format!("/backlog?{query}"));
    let reply = request.header("accept", accept).send().await.expect("an answer");
    assert_eq!(reply.status(), 200);
    let media = reply.headers()["content-type"].to_str().expect("text").to_owned();
    (media, reply.bytes().await.expect("a body").to_vec())
}

async fn text(caller: &Caller, query: &str) -> Lines {
    let (media, table) = bytes(caller, query, "*/*").await;
    assert_eq!(media, "text/csv; charset=utf-8");
    let mut table = csv::Reader::from_reader(table.as_slice());
    let names = table.headers().expect("names").clone();
    let lines = table.records().map(|line| line.expect("a line"));
    let named = |line: csv::StringRecord| {
        names
            .iter()
            .zip(line.iter())
            .map(|(n, c)| (n.to_owned(), c.to_owned()))
            .collect()
    };
    lines.map(named).collect()
}

async fn workbook(caller: &Caller, query: &str) -> Lines {
    let (media, book) = bytes(
        caller,
        query,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    .await;
    assert_eq!(
        media,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    );
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(book)).expect("a workbook");
    assert_eq!(book.sheet_names(), ["Backlog"]);
    let sheet = book.worksheet_range("Backlog").expect("a sheet");
    let mut rows = sheet
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>());
    let names = rows.next().expect("names");
    rows.map(|row| names.iter().cloned().zip(row).collect()).collect()
}

fn cell<'a>(line: &'a [(String, String)], name: &str) -> &'a str {
    line.iter()
        .find(|(column, _)| column == name)
        .map(|(_, cell)| cell.as_str())
        .expect("a column")
}

fn column<'a>(lines: &'a Lines, name: &str) -> Vec<&'a str> {
    lines.iter().map(|line| cell(line, name)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_and_visible_stands_in_the_table_with_what_the_destination_said() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let raise = async |by: &Caller, customer: &str, title: &str| {
            let body = json!({"customer": customer, "kind": "wish", "title": title, "services": [world.mail],
                "description": "Rad ett\nRad två, med komma", "wantedBy": "2030-01-31"});
            by.post("/requests", body).await.expect(201).id()
        };
        let routed = raise(&world.decider, &world.klk_hr, "Större brevlådor").await;
        let gone = raise(&world.decider, &world.klk_hr, "Ångrad").await;
        raise(&world.stranger, &world.bun, "=1+1|'calc'").await;
        let act = async |by: &Caller, id: &str, act: &str, body| {
            let path = format!("/requests/{id}");
            let etag = by.get(&path).await.expect(200).etag();
            by.act(&format!("{path}/{act}"), &etag, body).await
        };
        act(&world.decider, &gone, "withdrawal", json!({"reason": "Behövs inte."}))
            .await
            .expect(200);
        act(&world.brm, &routed, "routing", json!({"destination": "delivery"}))
            .await
            .expect(200);
        let hand_over = world.brm.get(&format!("/requests/{routed}")).await.body["handOver"]["id"].clone();
        let decision =
            json!({"outcome": "accepted", "plan": "I höst.", "plannedDay": "2029-10-01", "reference": "B-7"});
        let path = format!("/hand-overs/{}/decision", hand_over.as_str().expect("an id"));
        world.delivery.post(&path, decision).await.expect(200);

        let auditor = service.auditor();
        let all = text(&auditor, "").await;
        assert_eq!(column(&all, "title"), ["Större brevlådor", "'=1+1|'calc'"]);
        let line = &all[0];
        for (name, told) in [
            ("customer", "KLK-HR"),
            ("kind", "wish"),
            ("status", "accepted"),
            ("description", "Rad ett\nRad två, med komma"),
            ("services", "MAIL"),
            ("wantedBy", "2030-01-31"),
            ("raisedBy", "Karin Kund"),
            ("destination", "delivery"),
            ("decision", "accepted"),
            ("plannedDay", "2029-10-01"),
            ("overdue", "false"),
        ] {
            assert_eq!(cell(line, name), told, "{name}");
        }
        // The workbook holds the same; a cell that is text needs no guarding.
        let book = workbook(&auditor, "").await;
        assert_eq!(book[0], all[0]);
        assert_eq!(cell(&book[1], "title"), "=1+1|'calc'");
        assert_eq!(workbook(&auditor, "format=xlsx").await.len(), 2);

        // Filters, and what others may see.
        assert_eq!(column(&text(&auditor, "status=withdrawn").await, "title"), ["Ångrad"]);
        assert_eq!(text(&auditor, "destination=strategy").await.len(), 0);
        assert_eq!(text(&auditor, &format!("customer={}", world.bun)).await.len(), 1);
        assert_eq!(column(&text(&world.stranger, "").await, "customer"), ["BUN"]);
        assert_eq!(column(&text(&world.decider, "").await, "customer"), ["KLK-HR"]);
        auditor.get("/backlog?format=ods").await.expect(400);
        auditor.get("/backlog?limit=5").await.expect(400);
        auditor
            .send(Method::GET, "/backlog", &[("accept", "application/pdf")], None)
            .await
            .expect(406);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_goes_on_over_many_pages() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        for n in 0..205 {
            let body = json!({"customer": world.klk_hr, "kind": "wish", "title": format!("Önskan {n}")});
            world.decider.post("/requests", body).await.expect(201);
        }
        let all = text(&world.brm, "").await;
        let titles: Vec<String> = (0..205).map(|n| format!("Önskan {n}")).collect();
        assert_eq!(column(&all, "title"), titles);
        service.stop().await;
    })
    .await;
}
