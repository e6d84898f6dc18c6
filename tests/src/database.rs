//! Which databases a run covers, and a fresh one for each test: SQLite files, and PostgreSQL databases made from a
//! migrated template. Where no PostgreSQL server runs, a private cluster is started from installed binaries.
use std::{path::PathBuf, process::Command, sync::Arc};

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

impl Server {
    async fn find() -> Option<Self> {
        let shared = "postgres://postgres@127.0.0.1:5432".to_owned();
        let url = if SeaOrm::connect(format!("{shared}/postgres")).await.is_ok() {
            shared
        } else {
            Cluster::start()?.keep()
        };
        let server = Self {
            url,
            template: fresh_name(),
        };
        server.remove_left_behind().await;
        server.run(&format!("create database {}", server.template)).await;
        let settings = persistence::store::Settings {
            url: format!("{}/{}", server.url, server.template),
            connections: 1,
            wait: std::time::Duration::from_secs(10),
        };
        let db = persistence::Db::connect(&settings)
            .await
            .expect("the template can be reached");
        db.migrate().await.expect("the template can be migrated");
        db.close().await.expect("the template can be left");
        Some(server)
    }

    /// Removes what runs that were killed an hour ago or more have left; the name tells when it was made.
    async fn remove_left_behind(&self) {
        let admin = SeaOrm::connect(format!("{}/postgres", self.url))
            .await
            .expect("the server can be reached");
        let all = sea_orm::Statement::from_string(
            sea_orm::DbBackend::Postgres,
            "select datname from pg_database where datname like 'kundansvar_test_%'",
        );
        let rows = admin.query_all_raw(all).await.expect("the databases can be listed");
        let hour_ago = (chrono::Utc::now() - chrono::Duration::hours(1)).timestamp() as u64;
        for name in rows.iter().filter_map(|row| row.try_get::<String>("", "datname").ok()) {
            let made = name
                .rsplit('_')
                .next()
                .and_then(|id| id.parse::<uuid::Uuid>().ok()?.get_timestamp());
            if made.is_some_and(|at| at.to_unix().0 < hour_ago) {
                // Another run may be removing it too.
                let _ = admin
                    .execute_unprepared(&format!("drop database if exists {name} with (force)"))
                    .await;
            }
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
        let folder = std::env::temp_dir().join(&name);
        match database {
            Database::Sqlite => Self {
                url: String::new(),
                folder,
                server: None,
            },
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

    pub async fn remove(self) {
        if let Some((server, name)) = self.server {
            server
                .run(&format!("drop database if exists {name} with (force)"))
                .await;
        }
        let _ = std::fs::remove_dir_all(self.folder);
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
        let folder = std::env::temp_dir().join(fresh_name());
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
        command
            .stdout(std::process::Stdio::null())
            .status()
            .ok()?
            .success()
            .then_some(())
    }

    /// Starts the server.
    pub fn up(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c fsync=off -k {}",
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
        let _ = self.ran(
            self.tool("pg_ctl")
                .args(["-w", "-m", "immediate", "-D", &self.data(), "stop"]),
        );
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

    /// Leaves the server running until the process ends; the next run makes its own.
    fn keep(mut self) -> String {
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
