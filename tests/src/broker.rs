//! A NATS server of a test's own, from the installed program.
use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use async_nats::jetstream::{self, stream::Stream};
use serde_json::Value;

use crate::database::short_lived;

/// A server with JetStream, whose messages outlive it.
pub struct Broker {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    running: Option<Child>,
}

/// A message as the broker keeps it.
pub struct Kept {
    pub subject: String,
    pub id: String,
    pub content_type: String,
    pub body: Value,
}

impl Broker {
    /// A server that takes messages up to a size; none where the program is not installed, which is said loudly, and in CI
    /// is a failure.
    pub async fn start(most: usize) -> Option<Self> {
        let Some(program) = installed() else {
            assert!(std::env::var_os("CI").is_none(), "NATS is not covered: no nats-server");
            eprintln!("\n*** NATS IS NOT COVERED: no nats-server to start ***\n");
            return None;
        };
        let folder = short_lived();
        std::fs::create_dir(&folder).expect("a folder");
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let settings = format!(
            "listen: \"127.0.0.1:{port}\"\nmax_payload: {most}\njetstream {{ store_dir: \"{}\" }}\n",
            folder.display()
        );
        std::fs::write(folder.join("nats.conf"), settings).expect("the settings");
        let mut broker = Self {
            program,
            folder,
            port,
            running: None,
        };
        broker.go_on().await;
        Some(broker)
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().expect("it can be killed");
            child.wait().expect("it has ended");
        }
    }

    /// Starts it, with what it had.
    pub async fn go_on(&mut self) {
        let child = Command::new(&self.program)
            .arg("-c")
            .arg(self.folder.join("nats.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        self.running = Some(child);
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the broker does not listen");
    }

    async fn stream(&self, name: &str) -> Option<Stream> {
        let client = async_nats::connect(self.url()).await.ok()?;
        jetstream::new(client).get_stream(name).await.ok()
    }

    /// Everything that it has kept, once that is so much.
    pub async fn kept(&self, name: &str, many: u64) -> Vec<Kept> {
        for _ in 0..600 {
            if let Some(mut stream) = self.stream(name).await
                && stream.info().await.is_ok_and(|info| info.state.messages >= many)
            {
                return all(&stream).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the broker does not get {many} messages");
    }
}

async fn all(stream: &Stream) -> Vec<Kept> {
    let mut kept = vec![];
    while let Ok(message) = stream.get_raw_message(kept.len() as u64 + 1).await {
        let header = |name: &str| message.headers.get(name).map(ToString::to_string).unwrap_or_default();
        kept.push(Kept {
            subject: message.subject.to_string(),
            id: header("Nats-Msg-Id"),
            content_type: header("content-type"),
            body: serde_json::from_slice(&message.payload).expect("JSON"),
        });
    }
    kept
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
        // What a test leaves in the temporary folder hurts nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/bin")])
        .map(|folder| folder.join("nats-server"))
        .find(|program| program.is_file())
}
