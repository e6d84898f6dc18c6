//! Which databases a run covers, and a fresh one for each test, made from a migrated template: SQLite files, and databases
//! of a private PostgreSQL cluster. Where its binaries are not installed, a server that runs here already serves as well.
use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, LazyLock},
};

use sea_orm::{ConnectionTrait, Database as SeaOrm};
use tokio::sync::OnceCell;

#[derive(Clone)]
pub enum Database {
    Sqlite,
    Postgres(Arc<Server>),
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        })
    }
}

/// A PostgreSQL server and its migrated template database.
pub struct Server {
    url: String,
    template: String,
}

/// The databases that this run covers. Without PostgreSQL it says so loudly, and in CI it fails.
pub async fn databases() -> Vec<Database> {
    static FOUND: OnceCell<Option<Arc<Server>>> = OnceCell::const_new();
    let server = FOUND
        .get_or_init(|| async { Some(Arc::new(Server::find().await?)) })
        .await;
    match server {
        Some(server) => vec![Database::Sqlite, Database::Postgres(server.clone())],
        None => {
            assert!(
                std::env::var_os("CI").is_none(),
                "PostgreSQL is not covered: no server and no binaries"
            );
            eprintln!(
                "\n*** PostgreSQL IS NOT COVERED: no server on 127.0.0.1:5432 and no binaries to start one ***\n"
            );
            vec![Database::Sqlite]
        }
    }
}

fn fresh_name() -> String {
    format!("kundansvar_test_{}", uuid::Uuid::now_v7().simple())
}

/// Whether a run that was killed a day ago or more has left what has this name; the name tells when it was made.
fn is_left_behind(name: &str) -> bool {
    let day_ago = (chrono::Utc::now() - chrono::Duration::days(1)).timestamp() as u64;
    let made = name
        .strip_prefix("kundansvar_test_")
        .and_then(|id| id.parse::<uuid::Uuid>().ok()?.get_timestamp());
    made.is_some_and(|at| at.to_unix().0 < day_ago)
}

/// A path for what is gone when its test ends: in memory where there is room, for databases wait for every sync.
pub fn short_lived() -> PathBuf {
    static PLACE: LazyLock<PathBuf> = LazyLock::new(|| {
        let place = memory().unwrap_or_else(std::env::temp_dir);
        for entry in std::fs::read_dir(&place).into_iter().flatten().flatten() {
            if is_left_behind(&entry.file_name().to_string_lossy()) {
                // Another run may be removing it too.
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        place
    });
    PLACE.join(fresh_name())
}

/// The file system in memory, if it has two gibibytes to spare.
fn memory() -> Option<PathBuf> {
    let said = Command::new("df").args(["-Pk", "/dev/shm"]).output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    let kibibytes: u64 = said.lines().last()?.split_whitespace().nth(3)?.parse().ok()?;
    (kibibytes > 2 << 20).then(|| PathBuf::from("/dev/shm"))
}

async fn migrate(url: String) {
    let settings = persistence::store::Settings {
        url,
        connections: 1,
        wait: std::time::Duration::from_secs(10),
    };
    let db = persistence::Db::connect(&settings)
        .await
        .expect("the template can be reached");
    db.migrate().await.expect("the template can be migrated");
    db.close().await.expect("the template can be left");
}

/// The content of an SQLite file with the schema and nothing else.
async fn sqlite_template() -> &'static [u8] {
    static MADE: OnceCell<Vec<u8>> = OnceCell::const_new();
    MADE.get_or_init(|| async {
        let folder = short_lived();
        std::fs::create_dir_all(&folder).expect("a folder");
        migrate(sqlite_url(&folder)).await;
        let content = std::fs::read(sqlite_file(&folder)).expect("the template");
        std::fs::remove_dir_all(&folder).expect("the template can go");
        content
    })
    .await
}

/// Where the service has its SQLite file in its data folder.
fn sqlite_file(folder: &Path) -> PathBuf {
    folder.join("kundansvar.db")
}

fn sqlite_url(folder: &Path) -> String {
    format!("sqlite://{}", sqlite_file(folder).display())
}

impl Server {
    async fn find() -> Option<Self> {
        let shared = "postgres://postgres@127.0.0.1:5432".to_owned();
        let url = match Cluster::start() {
            Some(cluster) => cluster.keep(),
            None if SeaOrm::connect(format!("{shared}/postgres")).await.is_ok() => shared,
            None => return None,
        };
        let server = Self {
            url,
            template: fresh_name(),
        };
        server.remove_left_behind().await;
        server.run(&format!("create database {}", server.template)).await;
        migrate(format!("{}/{}", server.url, server.template)).await;
        Some(server)
    }

    /// Removes the databases of runs that were killed.
    async fn remove_left_behind(&self) {
        let admin = SeaOrm::connect(format!("{}/postgres", self.url))
            .await
            .expect("the server can be reached");
        let all = sea_orm::Statement::from_string(
            sea_orm::DbBackend::Postgres,
            "select datname from pg_database where datname like 'kundansvar_test_%'",
        );
        let rows = admin.query_all_raw(all).await.expect("the databases can be listed");
        let names = rows.iter().filter_map(|row| row.try_get::<String>("", "datname").ok());
        for name in names.filter(|name| is_left_behind(name)) {
            // Another run may be removing it too.
            let _ = admin
                .execute_unprepared(&format!("drop database if exists {name} with (force)"))
                .await;
        }
        admin.close().await.expect("the server can be left");
    }

    pub async fn run(&self, sql: &str) {
        let admin = SeaOrm::connect(format!("{}/postgres", self.url))
            .await
            .expect("the server can be reached");
        admin
            .execute_unprepared(sql)
            .await
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
        admin.close().await.expect("the server can be left");
    }
}

/// A database that a test has to itself.
pub struct Fresh {
    pub url: String,
    /// Where the service keeps its data: keys, and the SQLite file.
    pub folder: PathBuf,
    server: Option<(Arc<Server>, String)>,
}

impl Fresh {
    pub async fn new(database: &Database) -> Self {
        Self::made(database, true).await
    }

    /// Without a schema.
    pub async fn empty(database: &Database) -> Self {
        Self::made(database, false).await
    }

    async fn made(database: &Database, migrated: bool) -> Self {
        let name = fresh_name();
        let folder = short_lived();
        match database {
            Database::Sqlite => {
                if migrated {
                    std::fs::create_dir_all(&folder).expect("a folder");
                    std::fs::write(sqlite_file(&folder), sqlite_template().await).expect("the database");
                }
                Self {
                    url: String::new(),
                    folder,
                    server: None,
                }
            }
            Database::Postgres(server) => {
                let template = if migrated { &server.template } else { "template0" };
                server.run(&format!("create database {name} template {template}")).await;
                Self {
                    url: format!("{}/{name}", server.url),
                    folder,
                    server: Some((server.clone(), name)),
                }
            }
        }
    }

    /// How it is reached by others than the service.
    pub fn reached_at(&self) -> String {
        match self.url.as_str() {
            "" => sqlite_url(&self.folder),
            url => url.to_owned(),
        }
    }

    pub async fn remove(mut self) {
        if let Some((server, name)) = self.server.take() {
            server
                .run(&format!("drop database if exists {name} with (force)"))
                .await;
        }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A PostgreSQL cluster of a test's own, which it may stop and start.
pub struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
    port: u16,
    kept: bool,
}

impl Cluster {
    /// Starts one from installed binaries; none where there are none.
    pub fn start() -> Option<Self> {
        let bin = binaries()?;
        let folder = short_lived();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .ok()?
            .local_addr()
            .ok()?
            .port();
        let cluster = Self {
            folder,
            bin,
            port,
            kept: false,
        };
        let data = cluster.data();
        std::fs::create_dir_all(&cluster.folder).ok()?;
        if is_root() {
            cluster.ran(Command::new("chown").arg("nobody:nogroup").arg(&cluster.folder))?;
        }
        cluster.ran(
            cluster
                .tool("initdb")
                // What a test writes need not survive the machine.
                .args(["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", &data]),
        )?;
        cluster.up();
        Some(cluster)
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    /// `initdb` and `postgres` refuse root.
    fn tool(&self, name: &str) -> Command {
        let program = self.bin.join(name);
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"])
            .arg(program);
        command.current_dir(&self.folder);
        command
    }

    fn ran(&self, command: &mut Command) -> Option<()> {
        command.stdout(Stdio::null()).status().ok()?.success().then_some(())
    }

    /// Starts the server.
    pub fn up(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c fsync=off -c max_wal_size=256MB -k {}",
            self.port,
            self.folder.display()
        );
        let log = self.folder.join("log").display().to_string();
        let started =
            self.ran(
                self.tool("pg_ctl")
                    .args(["-w", "-D", &self.data(), "-o", &options, "-l", &log, "start"]),
            );
        assert!(started.is_some(), "the private cluster starts");
    }

    /// Stops the server at once.
    pub fn down(&self) {
        let _ = self.ran(&mut self.ending());
    }

    fn ending(&self) -> Command {
        let mut command = self.tool("pg_ctl");
        command.args(["-w", "-m", "immediate", "-D", &self.data(), "stop"]);
        command
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}", self.port)
    }

    /// Runs one of PostgreSQL's programs, `pg_dump` or `psql`, and gives what it writes.
    pub fn client(&self, program: &str, arguments: &[&str]) -> String {
        let done = Command::new(self.bin.join(program))
            .args(arguments)
            .output()
            .unwrap_or_else(|e| panic!("{program}: {e}"));
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{program}: {said}");
        String::from_utf8(done.stdout).expect("text")
    }

    /// Leaves the server running until this process ends, however it does: then its end of the pipe closes, and who waits
    /// at the other, out of reach of the terminal's signals, stops the server and removes what it wrote.
    fn keep(mut self) -> String {
        let ending = self.ending();
        let waiting = Command::new("sh")
            .args(["-c", "cat; cd /; \"$@\"; rm -rf \"$0\""])
            .arg(&self.folder)
            .arg(ending.get_program())
            .args(ending.get_args())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("somebody who waits for the end");
        std::mem::forget(waiting);
        self.kept = true;
        self.url()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.kept {
            self.down();
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|out| out.stdout == b"0\n")
}

/// Where `initdb` is, at least version 14.
fn binaries() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path().join("bin"))
        .collect();
    folders.sort();
    folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    let found = folders
        .into_iter()
        .rev()
        .find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())?;
    // Where a link leads, all the other programs are.
    let initdb = found.join("initdb").canonicalize().ok()?;
    initdb.parent().map(Into::into)
}
