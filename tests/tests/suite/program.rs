//! The program as it is started: what it makes, how it refuses, how it ends.
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use end_to_end::{
    Service, World,
    database::{Fresh, databases, short_lived},
    on_each_database,
};
use serde_json::{Value, json};

/// The program with nothing of this process's own settings.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kundansvar-under-test"));
    command.current_dir(std::env::temp_dir());
    without_settings(&mut command);
    command
}

/// A program that runs the program must not hand on this process's own settings either.
pub fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KUNDANSVAR_")) {
        command.env_remove(name);
    }
}

/// Runs a command of the program on the service's own database.
pub fn run(service: &Service, arguments: &[&str]) -> Output {
    let settings = service.settings();
    let mut command = program();
    command.args(arguments).arg("--data-folder").arg(&settings.data_folder);
    if !settings.database_url.is_empty() {
        command.args(["--database-url", &settings.database_url]);
    }
    command.output().expect("the program runs")
}

/// What it wrote, in one text.
pub fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(text).expect("text")
}

/// The program, serving; ended with the test.
pub struct Serving {
    pub process: Child,
    pub address: SocketAddr,
}

impl Serving {
    /// Starts it and waits until it tells where it listens. Nobody reads its log afterwards; it must not mind.
    pub fn start(command: &mut Command) -> Self {
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let lines = BufReader::new(process.stderr.take().expect("its log")).lines();
        let mut told = vec![];
        for line in lines.map_while(Result::ok) {
            let entry: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = entry["address"].as_str() {
                let address = address.parse().expect("an address");
                return Self { process, address };
            }
            told.push(line);
        }
        let _ = process.wait();
        panic!("it did not start: {told:#?}");
    }

    fn terminate(&self) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// With which code it ends, which it does soon.
    fn ended(&mut self) -> Option<i32> {
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(10) {
            if let Some(status) = self.process.try_wait().expect("a child") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not end");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_with_nothing_configured_and_ends_when_what_runs_has_ended() {
    let folder = tempfile();
    let mut serving = Serving::start(program().current_dir(&folder));
    let data = folder.join("kundansvar-data");
    assert!(data.join("kundansvar.db").is_file());
    assert_eq!(mode(&data.join("keys/signing-0001.pem")), 0o600);

    // The token names the address that it is for.
    let listen = format!("http://{}", serving.address);
    let token = program()
        .current_dir(&folder)
        .args([
            "token",
            "administrator",
            "anna",
            "--set",
            &format!("public_url={listen}"),
        ])
        .output()
        .expect("the program runs");
    let token = said(&token);
    let body = json!({"code": "SENT", "name": "Kund", "legalEntity": {"name": "Bolag"}}).to_string();
    let (first, rest) = body.split_at(10);
    let mut request = TcpStream::connect(serving.address).expect("it listens");
    let head = format!(
        "POST /kundansvar/v1/customers HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
         Expect: 100-continue\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        serving.address,
        token.trim(),
        body.len()
    );
    request.write_all(head.as_bytes()).expect("sent");
    let mut goes_on = [0; 25];
    request
        .read_exact(&mut goes_on)
        .expect("the handler waits for the body");
    assert_eq!(&goes_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    request.write_all(first.as_bytes()).expect("sent");
    serving.terminate();
    std::thread::sleep(Duration::from_millis(300));
    assert!(
        serving.process.try_wait().expect("a child").is_none(),
        "it left a request alone"
    );
    request.write_all(rest.as_bytes()).expect("sent");
    let mut answer = String::new();
    request.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(serving.ended(), Some(0));
    assert!(TcpStream::connect(serving.address).is_err(), "nobody listens any more");
    std::fs::remove_dir_all(folder).expect("removed");
}

/// An empty folder.
fn tempfile() -> std::path::PathBuf {
    let folder = short_lived();
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// One line that names what is meant, and exit code 2.
#[track_caller]
fn refuses(command: &mut Command, meant: &str) {
    let output = command.output().expect("the program runs");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("kundansvar: ") && said.contains(meant), "{said}");
}

#[test]
fn it_refuses_to_start_in_one_clear_line() {
    let folder = tempfile();
    let in_folder = || {
        let mut command = program();
        command.current_dir(&folder);
        command
    };
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    refuses(in_folder().args(["serve", "--listen", &address]), &address);
    // Even root cannot make a folder in a file.
    std::fs::write(folder.join("file"), "").expect("a file");
    let free = ["serve", "--listen", "127.0.0.1:0", "--data-folder"];
    refuses(in_folder().args(free).arg(folder.join("file/data")), "file/data");
    refuses(in_folder().args(free).arg("/proc/kundansvar"), "/proc/kundansvar");
    refuses(in_folder().args(["serve", "--set", "lisen=1"]), "did you mean listen?");
    refuses(
        in_folder().arg("serve").env("KUNDANSVAR_DATABSE_URL", "x"),
        "did you mean database_url?",
    );
    refuses(
        in_folder().arg("serve").env("KUNDANSVAR_RATE_LIMIT_PER_MINUTE", "0"),
        "rate_limit_per_minute",
    );
    std::fs::write(folder.join("settings.toml"), "data_foldr = 'x'").expect("a file");
    refuses(
        in_folder().args(["serve", "--config", "settings.toml"]),
        "did you mean data_folder?",
    );
    refuses(in_folder().args(["serve", "--config", "nowhere.toml"]), "nowhere.toml");
    // Nobody listens on this port.
    drop(taken);
    let gone = format!("database_url=postgres://postgres@{address}/none");
    refuses(
        in_folder().args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--set",
            "database_wait_seconds=1",
            "--set",
            &gone,
        ]),
        "database",
    );
    std::fs::remove_dir_all(folder).expect("removed");
}

fn on(fresh: &Fresh) -> Command {
    let mut command = program();
    command.arg("--data-folder").arg(&fresh.folder);
    if !fresh.url.is_empty() {
        command.args(["--database-url", &fresh.url]);
    }
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_newer_than_the_program_is_refused() {
    for database in databases().await {
        let fresh = Fresh::empty(&database).await;
        let migrated = on(&fresh).arg("migrate").output().expect("the program runs");
        assert_eq!(migrated.status.code(), Some(0), "{}", said(&migrated));
        let direct = sea_orm::Database::connect(fresh.reached_at())
            .await
            .expect("the database");
        let step = "insert into seaql_migrations values ('m9999_of_tomorrow', 0)";
        sea_orm::ConnectionTrait::execute_unprepared(&direct, step)
            .await
            .expect("a step");
        direct.close().await.expect("left");
        for command in ["serve", "migrate"] {
            refuses(
                on(&fresh).args([command, "--listen", "127.0.0.1:0"]),
                "m9999_of_tomorrow",
            );
        }
        fresh.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_start_at_once_on_an_empty_database_do_no_harm() {
    for database in databases().await {
        for _ in 0..2 {
            let fresh = Fresh::empty(&database).await;
            let starting: Vec<_> = (0..5)
                .map(|_| {
                    let mut command = on(&fresh);
                    std::thread::spawn(move || Serving::start(&mut command))
                })
                .collect();
            let mut serving: Vec<Serving> = starting.into_iter().map(|s| s.join().expect("it starts")).collect();
            for one in &mut serving {
                api::choose_tls();
                let ready = reqwest::get(format!("http://{}/health/ready", one.address))
                    .await
                    .expect("an answer");
                assert_eq!(ready.status(), 200);
                one.terminate();
                assert_eq!(one.ended(), Some(0));
            }
            // One that signs tokens, and one that links in invitations are made with.
            assert_eq!(std::fs::read_dir(fresh.folder.join("keys")).expect("keys").count(), 2);
            fresh.remove().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_limited_to_customers_that_there_are() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let create = |customer: &str| {
            let named = ["client", "create", "--name", "Extern desk", "--scope", "requests.read"];
            run(&service, &[named.as_slice(), &["--customer", customer]].concat())
        };
        let refused = create(&uuid::Uuid::nil().to_string());
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(said(&refused).contains("customer"), "{}", said(&refused));
        let made: Value = serde_json::from_str(&said(&create(&world.klk))).expect("credentials");
        let path = format!("/clients/{}", made["clientId"].as_str().expect("an id"));
        let client = service.administrator().get(&path).await.expect(200);
        assert_eq!(client.body["customers"], json!([world.klk]));
        service.stop().await;
    })
    .await;
}
