use super::*;

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
    assert!(refused.contains("not a public address"), "{refused}");
    let home = Networks::and(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    assert!(!looked_up(&home, true, "localhost").await.unwrap().is_empty());
    let other = Networks::and(vec!["10.0.0.0/8".parse().unwrap()]);
    assert!(looked_up(&other, true, "localhost").await.is_err());
    assert!(looked_up(&home, false, "name.invalid").await.is_err());
}
