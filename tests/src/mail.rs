//! A mail server to test with, on a port of its own: it speaks SMTP by the crate `mailin`, keeps what it took, and can be
//! made to refuse, to be slow, or to break off.
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use mailin::{Action, Handler, Response, SessionBuilder};

/// How it behaves.
#[derive(Debug, Clone, PartialEq)]
pub enum Mood {
    /// It takes everything.
    Kind,
    /// It says this to each recipient whose address begins so.
    Refusing(&'static str, u16),
    /// It thinks for so long before each word that it says.
    Slow(Duration),
    /// It hangs up in the middle of the message.
    Cutting,
    /// It takes the message, and hangs up before it says so.
    TakingAndCutting,
}

/// A mail as it was taken.
#[derive(Debug, Clone, Default)]
pub struct Mail {
    pub to: Vec<String>,
    /// Head and body as they were sent.
    pub text: String,
}

impl Mail {
    /// A line of the head.
    pub fn header(&self, name: &str) -> &str {
        let found = self
            .text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_default()
    }

    /// The body in words, whatever it was sent as.
    pub fn body(&self) -> String {
        let (head, body) = self.text.split_once("\r\n\r\n").unwrap_or_default();
        let head = head.to_ascii_lowercase();
        let bytes = if head.contains("content-transfer-encoding: base64") {
            use base64::Engine;
            let joined: String = body.split_whitespace().collect();
            base64::prelude::BASE64_STANDARD.decode(joined).expect("base64")
        } else if head.contains("content-transfer-encoding: quoted-printable") {
            unquoted(body)
        } else {
            body.as_bytes().to_vec()
        };
        String::from_utf8(bytes).expect("words")
    }
}

/// Quoted-printable (RFC 2045, 6.7) as bytes.
fn unquoted(text: &str) -> Vec<u8> {
    let text = text.replace("=\r\n", "");
    let mut bytes = vec![];
    let mut pieces = text.split('=');
    bytes.extend(pieces.next().unwrap_or_default().as_bytes());
    for piece in pieces {
        let (code, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).expect("two hexadecimal digits"));
        bytes.extend(rest.as_bytes());
    }
    bytes
}

#[derive(Default)]
struct Box {
    mails: Vec<Mail>,
    connections: usize,
}

/// The server. Its threads end with the test program.
pub struct MailServer {
    pub url: String,
    kept: Arc<Mutex<Box>>,
    mood: Arc<Mutex<Mood>>,
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MailServer {
    /// On a free port; it is kind.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let (kept, mood) = (Arc::new(Mutex::new(Box::default())), Arc::new(Mutex::new(Mood::Kind)));
        let (keeping, moody) = (kept.clone(), mood.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, mood) = (keeping.clone(), moody.clone());
                held(&kept).connections += 1;
                std::thread::spawn(move || serve(stream, &kept, &mood));
            }
        });
        Self { url, kept, mood }
    }

    /// From now on it behaves like this.
    pub fn be(&self, mood: Mood) {
        *held(&self.mood) = mood;
    }

    /// What it took so far.
    pub fn mails(&self) -> Vec<Mail> {
        held(&self.kept).mails.clone()
    }

    /// How often somebody connected.
    pub fn connections(&self) -> usize {
        held(&self.kept).connections
    }
}

/// What is being sent over one connection.
struct Taking {
    mood: Arc<Mutex<Mood>>,
    kept: Arc<Mutex<Box>>,
    mail: Mail,
}

impl Handler for &mut Taking {
    fn rcpt(&mut self, to: &str) -> Response {
        match *held(&self.mood) {
            Mood::Refusing(beginning, code) if to.starts_with(beginning) => Response::custom(code, "not so".into()),
            _ => {
                self.mail.to.push(to.to_owned());
                mailin::response::OK
            }
        }
    }

    fn data(&mut self, line: &[u8]) -> std::io::Result<()> {
        self.mail.text.push_str(&String::from_utf8_lossy(line));
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mail = std::mem::take(&mut self.mail);
        held(&self.kept).mails.push(mail);
        mailin::response::OK
    }
}

fn serve(stream: TcpStream, kept: &Arc<Mutex<Box>>, mood: &Arc<Mutex<Mood>>) -> Option<()> {
    let remote = stream.peer_addr().ok()?.ip();
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    let mut out = stream;
    let mut taking = Taking {
        mood: mood.clone(),
        kept: kept.clone(),
        mail: Mail::default(),
    };
    let mut session = SessionBuilder::new("mail.example.se").build(remote, &mut taking);
    out.write_all(&session.greeting().buffer().ok()?).ok()?;
    let mut line = vec![];
    let mut in_data = false;
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        let mood = held(mood).clone();
        if in_data && mood == Mood::Cutting {
            return None;
        }
        let response = session.process(&line);
        let ends_data = in_data && response.action != Action::NoReply;
        in_data = response.code == 354 || (in_data && response.action == Action::NoReply);
        if ends_data && mood == Mood::TakingAndCutting {
            return None;
        }
        if let Mood::Slow(for_long) = mood
            && response.action != Action::NoReply
        {
            std::thread::sleep(for_long);
        }
        out.write_all(&response.buffer().ok()?).ok()?;
        if response.action == Action::Close {
            return None;
        }
    }
}
