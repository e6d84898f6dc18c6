//! Invitations by mail: a real mail server that is kind, refuses, is slow, or hangs up; and a service that is started again.
use std::time::{Duration, Instant};

use chrono::Duration as Days;
use end_to_end::{
    Answer, Service, World, databases,
    mail::{Mail, MailServer, Mood},
};
use serde_json::{Value, json};

use super::{act, answer, contacts, day, draft, form};

const PATIENCE: Duration = Duration::from_secs(30);

/// A service that sends its mail to this server, which may take two seconds for one.
async fn serving(database: end_to_end::Database, url: &str) -> (Service, World) {
    let url = url.to_owned();
    let service = Service::start_with(database, |settings| {
        settings.mail_server_url = url;
        settings.mail_from = "Kundansvar <kundansvar@kommun.example.se>".into();
        settings.mail_timeout_seconds = 2;
    })
    .await;
    let world = World::build(&service).await;
    (service, world)
}

/// A round with its respondents chosen: four contacts made for it, beside those of the world.
async fn opened(service: &Service, world: &World, more: Value) -> Answer {
    contacts(service, &world.klk_hr, 4).await;
    let mut members = json!({"mandates": ["key_user"]});
    for (name, value) in more.as_object().expect("members") {
        members[name] = value.clone();
    }
    let round = draft(service, world, "confidential", &[&world.klk_hr], members).await;
    act(&world.brm, &round, "opening").await.expect(200);
    round
}

async fn mail(world: &World, round: &Answer, reminder: u32) -> Value {
    let path = format!("/survey-rounds/{}/mailing", round.id());
    world
        .brm
        .post(&path, json!({"reminder": reminder}))
        .await
        .expect(200)
        .body
}

/// How each mail of the round stands, and what was said when it was not taken.
type Standing = Vec<(String, String)>;

async fn standing(world: &World, round: &Answer) -> Standing {
    let path = format!("/survey-rounds/{}/notifications", round.id());
    let listed = world.brm.get(&path).await.expect(200);
    let word = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let each = listed.items().iter();
    each.map(|one| (word(one, "state"), word(one, "fault"))).collect()
}

async fn until(world: &World, round: &Answer, what: impl Fn(&Standing) -> bool) {
    let began = Instant::now();
    loop {
        let mails = standing(world, round).await;
        if what(&mails) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "it did not come to it: {mails:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether all of them stand so.
fn all(state: &'static str) -> impl Fn(&Standing) -> bool {
    move |mails| !mails.is_empty() && mails.iter().all(|(stands, _)| stands == state)
}

/// Whether all of them wait, since this was said.
fn waiting(said: &'static str) -> impl Fn(&Standing) -> bool {
    move |mails| all("queued")(mails) && mails.iter().all(|(_, fault)| fault.contains(said))
}

/// The link in a mail.
fn link(mail: &Mail) -> String {
    let body = mail.body();
    let found = body.lines().find(|line| line.starts_with("http"));
    found.expect("a link").trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_and_reminders_are_sent_by_mail() {
    for database in databases().await {
        let server = MailServer::start();
        let (service, world) = serving(database, &server.url).await;
        let reminded = day(&service, 3);
        let round = opened(&service, &world, json!({"reminders": [reminded]})).await;
        let queued = mail(&world, &round, 0).await;
        let invited = queued["queued"].as_u64().expect("a number");
        assert!(invited >= 4, "{queued}");
        until(&world, &round, all("sent")).await;
        // Asked again, nobody is told twice.
        assert_eq!(mail(&world, &round, 0).await["queued"], 0);
        let mails = server.mails();
        assert_eq!(mails.len() as u64, invited);
        let one = mails
            .iter()
            .find(|mail| mail.to[0].starts_with("kontakt.0."))
            .expect("one to them");
        assert_eq!(one.header("From"), "Kundansvar <kundansvar@kommun.example.se>");
        assert!(
            one.header("Message-ID").ends_with("@kommun.example.se>"),
            "{}",
            one.text
        );
        let body = one.body();
        for words in [
            "Svaret är konfidentiellt",
            "Your answer is confidential",
            "Customer survey",
        ] {
            assert!(body.contains(words), "no {words} in {body}");
        }
        form(&service, &link(one)).await.expect(200);
        answer(&service, &link(one), json!({"how": 5}), true).await.expect(200);
        let path = format!("/survey-rounds/{}/invitations", round.id());
        let invitations = world.brm.get(&path).await.expect(200);
        assert!(
            invitations
                .items()
                .iter()
                .all(|one| one["state"] == "delivered" || one.get("email").is_none())
        );

        // On the day of its reminder it reminds by itself, everybody, since nobody is told who answered.
        let state = service.state();
        state
            .db
            .queue_reminders(&state.housekeeping())
            .await
            .expect("nothing to do yet");
        assert_eq!(server.mails().len() as u64, invited);
        state.clock.advance(Days::days(3));
        for _ in 0..2 {
            state
                .db
                .queue_reminders(&state.housekeeping())
                .await
                .expect("reminders");
        }
        until(&world, &round, |mails| {
            mails.len() as u64 == 2 * invited && all("sent")(mails)
        })
        .await;
        let mails = server.mails();
        assert_eq!(mails.len() as u64, 2 * invited);
        let last = mails.last().expect("a reminder");
        assert!(last.body().contains("Reminder: "), "{}", last.body());
        assert_ne!(link(last), link(one));
        form(&service, &link(last)).await.expect(200);

        // Another that is mailed by hand ends none whose day is still to come.
        let path = format!("/survey-rounds/{}", round.id());
        let seen = world.brm.get(&path).await.expect(200);
        let later = json!({"reminders": [reminded, day(&service, 1), day(&service, 2)]});
        world.brm.patch(&path, &seen.etag(), later).await.expect(200);
        assert_eq!(self::mail(&world, &round, 3).await["queued"], invited);
        for told in [4, 4] {
            state.clock.advance(Days::days(1));
            state
                .db
                .queue_reminders(&state.housekeeping())
                .await
                .expect("the second reminder");
            until(&world, &round, |mails| mails.len() as u64 == told * invited).await;
        }
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_mail_server_does_not_take_is_tried_again_or_told() {
    for database in databases().await {
        let server = MailServer::start();
        let (service, world) = serving(database, &server.url).await;
        let round = opened(&service, &world, json!({})).await;
        server.be(Mood::Refusing("", 451));
        let queued = mail(&world, &round, 0).await["queued"].as_u64().expect("a number");
        until(&world, &round, waiting("451")).await;
        // Each fault is noted, and followed by another try, which the clock brings nearer.
        let state = service.state();
        for (mood, said) in [
            (Mood::Cutting, "incomplete response"),
            (Mood::Slow(Duration::from_millis(2_500)), "took too long"),
        ] {
            server.be(mood);
            state.clock.advance(Days::hours(2));
            until(&world, &round, waiting(said)).await;
            assert_eq!(server.mails().len(), 0);
        }
        // It takes the mails and hangs up before it says so: sent again, they are the same by their Message-ID.
        server.be(Mood::TakingAndCutting);
        state.clock.advance(Days::hours(12));
        let began = Instant::now();
        while (server.mails().len() as u64) < queued {
            assert!(began.elapsed() < PATIENCE, "they were not tried again");
            tokio::time::sleep(Duration::from_secs(2)).await;
            // One that took too long on a busy machine is tried later.
            state.clock.advance(Days::hours(6));
        }
        server.be(Mood::Kind);
        // One that was on its way meanwhile waits from then on.
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_secs(2)).await;
            state.clock.advance(Days::hours(12));
        }
        until(&world, &round, all("sent")).await;
        let mut times = std::collections::BTreeMap::<String, u32>::new();
        for mail in server.mails() {
            *times.entry(mail.header("Message-ID").to_owned()).or_default() += 1;
        }
        assert_eq!(times.len() as u64, queued);
        assert!(times.values().any(|n| *n > 1), "{times:?}");

        // An address that nobody has: the invitation did not arrive, and counts so.
        let second = opened_again(&world, &service).await;
        server.be(Mood::Refusing("kontakt.1.", 550));
        mail(&world, &second, 0).await;
        until(&world, &second, |mails| {
            let bounced: Vec<_> = mails.iter().filter(|(state, _)| state == "bounced").collect();
            let ended = mails.iter().all(|(state, _)| state == "bounced" || state == "sent");
            ended && bounced.len() == 1 && bounced[0].1.contains("550")
        })
        .await;
        let seen = world
            .brm
            .get(&format!("/survey-rounds/{}", second.id()))
            .await
            .expect(200);
        assert_eq!(seen.body["bounced"], 1);

        // What waits when the round is over is not sent any more.
        server.be(Mood::Refusing("", 451));
        mail(&world, &second, 1).await;
        until(&world, &second, |mails| {
            mails.iter().any(|(state, _)| state == "queued")
        })
        .await;
        act(&world.brm, &second, "closing").await.expect(200);
        server.be(Mood::Kind);
        state.clock.advance(Days::hours(1));
        until(&world, &second, |mails| {
            let stands = |wanted: &str| mails.iter().any(|(state, _)| state == wanted);
            stands("suppressed") && !stands("queued")
        })
        .await;
        service.stop().await;
    }
}

/// Another round among the same contacts.
async fn opened_again(world: &World, service: &Service) -> Answer {
    let round = draft(
        service,
        world,
        "confidential",
        &[&world.klk_hr],
        json!({"mandates": ["key_user"]}),
    )
    .await;
    act(&world.brm, &round, "opening").await.expect(200);
    round
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_outlives_the_service() {
    for database in databases().await {
        // Nobody listens there.
        let (service, world) = serving(database, "smtp://127.0.0.1:1").await;
        let round = opened(&service, &world, json!({})).await;
        let queued = mail(&world, &round, 0).await["queued"].as_u64().expect("a number");
        until(&world, &round, |mails| {
            all("queued")(mails) && mails.iter().all(|(_, fault)| !fault.is_empty())
        })
        .await;
        let mut settings = service.settings();
        let fresh = service.leave().await;
        let server = MailServer::start();
        settings.mail_server_url.clone_from(&server.url);
        let running = api::start(settings).await.expect("it starts again");
        running.state.clock.advance(Days::hours(2));
        let began = Instant::now();
        while (server.mails().len() as u64) < queued {
            assert!(began.elapsed() < PATIENCE, "{} of {queued} came", server.mails().len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let mut ids: Vec<String> = server
            .mails()
            .iter()
            .map(|mail| mail.header("Message-ID").to_owned())
            .collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len() as u64, queued);
        running.handle.stop(false).await;
        running.ended().await.expect("it ends");
        fresh.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_nothing_is_put_in_line() {
    for database in databases().await {
        let service = Service::start(database).await;
        let world = World::build(&service).await;
        let round = opened(&service, &world, json!({})).await;
        let path = format!("/survey-rounds/{}/mailing", round.id());
        world.brm.post(&path, json!({})).await.refused(409, "state");
        assert!(standing(&world, &round).await.is_empty());
        service.stop().await;
    }
}
