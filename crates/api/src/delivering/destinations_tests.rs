use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use super::{super::posting::Postman, *};

/// How somebody might try to reach the inside, and what is told of it.
const REFUSED: &[&str] = &[
    "https://127.0.0.1/hook",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://127.255.255.254:8443/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://10.255.255.255/",
    "https://0xa.0.0.1/",
    "https://012.1.1.1/",
    "https://167772161/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://192.168.1/",
    "https://3232235777/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://100.100.100.200/",
    "https://168.63.129.16/metadata",
    "https://100.64.0.1/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://198.51.100.7/",
    "https://203.0.113.9/",
    "https://198.18.0.1/",
    "https://192.88.99.1/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::1]:8443/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::1]/",
    "https://[2001:0:7f00:1::]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[100::1]/",
    "http://93.184.215.14/",
    "http://tools.example.se/",
    "https://user@tools.example.se/",
    "https://user:secret@93.184.215.14/",
    "https://tools.example.se@127.0.0.1/",
    "ftp://tools.example.se/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "https:///",
    "https://127.0.0.1%2f@tools.example.se/",
];

#[test]
fn nothing_inside_is_reached_however_it_is_written() {
    assert!(REFUSED.len() >= 60);
    let networks = Networks::default();
    for destination in REFUSED {
        assert!(networks.check(destination).is_err(), "{destination}");
    }
    for destination in [
        "https://93.184.215.14/",
        "https://tools.example.se:8443/hook?a=b",
        "https://[2606:2800:21f::1]/",
    ] {
        assert!(networks.check(destination).is_ok(), "{destination}");
    }
}

#[test]
fn what_the_operator_allows_is_reached_and_nothing_beside_it() {
    let networks = Networks::and(vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()]);
    for destination in [
        "https://10.1.2.3/",
        "http://10.1.2.3/",
        "http://[::ffff:10.1.2.3]/",
        "https://[fd00::7]/",
    ] {
        assert!(networks.check(destination).is_ok(), "{destination}");
    }
    for destination in ["https://10.2.0.1/", "http://93.184.215.14/", "https://127.0.0.1/"] {
        assert!(networks.check(destination).is_err(), "{destination}");
    }
}

async fn looked_up(networks: &Networks, plain: bool, name: &str) -> Result<Vec<IpAddr>, String> {
    let found = networks.resolver(plain).resolve(name.parse().unwrap()).await;
    found
        .map(|all| all.map(|address| address.ip()).collect())
        .map_err(|e| e.to_string())
}

#[tokio::test]
async fn a_name_is_judged_by_the_addresses_that_it_has_now() {
    // The name of this host, whatever DNS answered when the destination was entered.
    let refused = looked_up(&Networks::default(), false, "localhost").await.unwrap_err();
    assert!(refused.contains("not public"), "{refused}");
    let home = Networks::and(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    assert!(!looked_up(&home, true, "localhost").await.unwrap().is_empty());
    let other = Networks::and(vec!["10.0.0.0/8".parse().unwrap()]);
    assert!(looked_up(&other, true, "localhost").await.is_err());
    assert!(looked_up(&home, false, "name.invalid").await.is_err());
}

/// A DNS whose answer is another each time: first an address that is allowed, then one inside, then both.
fn changing(_: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
    let addresses: &[[u8; 4]] = match LOOKED_UP.fetch_add(1, Ordering::SeqCst) {
        0 => &[[127, 0, 0, 2]],
        1 => &[[127, 0, 0, 1]],
        _ => &[[127, 0, 0, 2], [127, 0, 0, 1]],
    };
    let addresses = addresses.iter().map(|ip| (*ip, 0).into()).collect();
    Box::pin(async { Ok(addresses) })
}
static LOOKED_UP: AtomicUsize = AtomicUsize::new(0);

/// Counts who comes to an address, and takes what they bring.
fn door(at: SocketAddr) -> io::Result<(SocketAddr, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind(at)?;
    let (address, came) = (listener.local_addr()?, Arc::new(AtomicUsize::new(0)));
    let counted = came.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 204 Taken\r\nconnection: close\r\n\r\n");
        }
    });
    Ok((address, came))
}

#[tokio::test]
async fn what_was_judged_is_connected_to_though_dns_changes_its_answer() {
    let networks = Networks {
        look_up: changing,
        ..Networks::and(vec!["127.0.0.2/32".parse().unwrap()])
    };
    // One port, at the address that is allowed and at one inside.
    let both = (0..20).find_map(|_| {
        let allowed = door(([127, 0, 0, 2], 0).into()).ok()?;
        let inside = door(([127, 0, 0, 1], allowed.0.port()).into()).ok()?;
        Some((allowed, inside))
    });
    let ((address, allowed), (_, inside)) = both.expect("a port that is free at both");
    let postman = postman(networks);
    let to = subscription(&format!("http://changing.example.se:{}/hook", address.port()));

    // The first answer was judged; had anybody looked the name up again to connect, they would have come in.
    let attempt = postman.post(&to, event(), now()).await;
    assert_eq!(attempt.status, Some(204), "{attempt:?}");
    assert_eq!(
        (LOOKED_UP.load(Ordering::SeqCst), allowed.load(Ordering::SeqCst)),
        (1, 1)
    );
    for looked_up in 2..=3 {
        let attempt = postman.post(&to, event(), now()).await;
        assert_eq!((attempt.status, LOOKED_UP.load(Ordering::SeqCst)), (None, looked_up));
        // Nor is it told what lies inside.
        let error = attempt.error.unwrap();
        assert!(
            error.contains("networks that the operator allows") && !error.contains("127."),
            "{error}"
        );
    }
    assert_eq!((allowed.load(Ordering::SeqCst), inside.load(Ordering::SeqCst)), (1, 0));
}

#[tokio::test]
async fn an_error_names_no_address_and_tells_of_no_name() {
    let postman = postman(Networks::default());
    for (name, why) in [
        ("localhost", "an address that is not public"),
        ("name.invalid", "could not be resolved"),
    ] {
        let attempt = postman
            .post(&subscription(&format!("https://{name}/")), event(), now())
            .await;
        let error = attempt.error.unwrap();
        assert!(
            error.contains(why) && !error.contains("127.") && !error.contains("::1"),
            "{error}"
        );
    }
}

fn postman(networks: Networks) -> Postman {
    crate::server::choose_tls();
    Postman::new(networks, "http://localhost", Duration::from_secs(5)).unwrap()
}

fn now() -> chrono::DateTime<chrono::Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

fn subscription(destination: &str) -> domain::webhooks::WebhookSubscription {
    let input = serde_json::json!({"name": "Krok", "destination": destination, "types": ["kundansvar.*"]});
    domain::webhooks::WebhookSubscription::begin(
        uuid::Uuid::nil().into(),
        uuid::Uuid::nil().into(),
        serde_json::from_value(input).unwrap(),
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".into(),
        now(),
    )
}

fn event() -> domain::events::Event {
    let body = serde_json::json!({"id": uuid::Uuid::nil(), "type": "kundansvar.request.received.v1",
        "subject": {"kind": "request", "id": uuid::Uuid::nil(), "version": 1},
        "actor": {"kind": "operator", "id": "test"}, "requestId": "1", "time": now(), "data": {}});
    domain::events::Event {
        position: 1,
        body: serde_json::from_value(body).unwrap(),
    }
}
