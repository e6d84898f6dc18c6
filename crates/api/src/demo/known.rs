//! The things of the demo whose ids are always the same, so that the document's examples can name them.
use uuid::Uuid;

/// What the last twelve digits of these ids stand behind.
const COMMON: u128 = 0x019a_0000_0000_7000_8000_0000_0000_0000;

/// What a thing is called, and the last digits of its id.
const KNOWN: &[(&str, &str, u128)] = &[
    ("customer", "KLK", 0x101),
    ("service", "ESIGN", 0x201),
    ("person", "Agneta Rosvall", 0x301),
    ("person", "Rikard Ödman", 0x302),
    ("contact", "Charlotte Almgren", 0x401),
    ("team", "Kundteam Ledning och bolag", 0x501),
    ("membership", "Kundteam Ledning och bolag: Mattias Ekdahl", 0x601),
    ("membership", "Kundteam Ledning och bolag: Katarina Nyqvist", 0x602),
    ("deputy", "Kundteam Ledning och bolag", 0x611),
    ("assignment", "KLK", 0x701),
    ("usage", "KLK: UTSKRIFT", 0x801),
    ("client", "Tidigare servicedesk", 0x901),
    ("calendar", "Kontorstid", 0xe01),
    ("calendar", "Lördagsöppet", 0xe02),
    (
        "request",
        "Justera protokoll digitalt samma kväll som sammanträdet",
        0xa01,
    ),
    (
        "request",
        "Skärmar utanför sammanträdesrummen som visar bokningen",
        0xa02,
    ),
    (
        "request",
        "Sökningen på intranätet visar nedlagda blanketter först",
        0xa03,
    ),
    (
        "request",
        "Läsplattor för förtroendevalda med handlingarna nedladdade",
        0xa04,
    ),
    (
        "request",
        "Se över licenser för konton där ingen har loggat in på ett halvår",
        0xa05,
    ),
    (
        "request",
        "Beställt, attesterat och betalt per investeringsprojekt",
        0xa06,
    ),
    (
        "request",
        "Skrivarna på plan tre tappar kön flera gånger i veckan",
        0xa07,
    ),
    (
        "request",
        "Diariet låg nere hela förmiddagen före nämndutskicket",
        0xa08,
    ),
    (
        "request",
        "Krisledningens telefoner ska fungera under ett dygns strömavbrott",
        0xa09,
    ),
    (
        "request",
        "Gallring av inkommen post enligt den nya informationshanteringsplanen",
        0xa0a,
    ),
    (
        "hand-over",
        "Justera protokoll digitalt samma kväll som sammanträdet",
        0xb01,
    ),
    (
        "hand-over",
        "Krisledningens telefoner ska fungera under ett dygns strömavbrott",
        0xb09,
    ),
    (
        "hand-over",
        "Gallring av inkommen post enligt den nya informationshanteringsplanen",
        0xb0a,
    ),
    ("agreement", "ESIGN", 0xc01),
    ("agreement", "WEBB", 0xc02),
    ("agreement", "ETJANST", 0xc03),
    ("agreement", "DIARIUM", 0xc04),
    ("agreement", "EARKIV", 0xc05),
    ("agreement", "EKONOMI", 0xc06),
    ("agreement", "MOBIL", 0xc07),
    ("agreement", "UTSKRIFT", 0xc08),
    ("agreement", "EPOST", 0xc09),
    ("agreement", "NATVERK", 0xc0a),
    ("agreement", "IDENTITET", 0xc0b),
    ("agreement", "ARBPLATS", 0xc0c),
    ("agreement", "LON", 0xc0d),
    ("agreement", "GIS", 0xc0e),
    ("agreement", "LARM", 0xc0f),
    ("signing order", "LON", 0x1001),
    ("signing order", "GIS", 0x1002),
    ("signing order", "LARM", 0x1003),
    ("agreement template", "Överenskommelse med förvaltning", 0xd01),
    ("agreement template", "Tidigare grundmall", 0xd02),
    ("measurement", "LARM-2041", 0xf01),
    ("statement", "0", 0x1101),
    ("statement", "1", 0x1102),
    ("statement", "2", 0x1103),
    ("statement", "3", 0x1104),
    ("statement", "4", 0x1105),
    ("statement", "5", 0x1106),
    ("statement", "6", 0x1107),
    ("exclusion", "0", 0x1201),
    ("exclusion", "1", 0x1202),
    ("exclusion", "2", 0x1203),
    ("statement run", "0", 0x1301),
    ("scoring scheme", "1", 0x1601),
    ("webhook", "Ärendeflödet till portföljverktyget", 0x1701),
    ("webhook", "Leveransverktygets prov", 0x1702),
    ("webhook", "Gamla portföljverktyget", 0x1703),
    ("improvement", "Kortare väg till rätt blankett på webbplatsen", 0x1401),
    ("improvement", "Färre samtal om glömda lösenord efter semestern", 0x1402),
    ("improvement", "Nya skrivare på rådhusets plan två", 0x1403),
    ("improvement", "Påminnelse till den som ska signera", 0x1404),
    ("improvement", "Felanmälan med färdig mall i medborgartjänsten", 0x1405),
    ("improvement", "Besked samma dag om lönespecifikationer", 0x1406),
    ("improvement", "Mobiltäckning i kommunhusets källarplan", 0x1407),
    ("improvement", "Snabbare utlämning av dator till nyanställda", 0x1408),
    (
        "improvement activity",
        "Kortare väg till rätt blankett på webbplatsen: Fråga dem som berörs",
        0x1501,
    ),
    (
        "improvement activity",
        "Kortare väg till rätt blankett på webbplatsen: Mät en gång till",
        0x1502,
    ),
    ("improvement offer", "0", 0x1b01),
    ("survey", "customer_relation", 0x1a01),
    ("survey", "service_follow_up", 0x1a02),
    ("survey round", "0", 0x1a11),
    ("survey round", "1", 0x1a12),
    ("survey round", "2", 0x1a13),
    ("survey round", "3", 0x1a14),
    ("survey round", "4", 0x1a15),
    ("survey round", "5", 0x1a16),
    ("invitation", "0", 0x1a21),
    ("connection", "Zammad", 0x1801),
    ("received document", "10081", 0x1811),
    ("received document", "10082", 0x1812),
];

/// The id that a thing of the demo always has, where it has one.
pub fn id(kind: &str, name: &str) -> Option<Uuid> {
    KNOWN
        .iter()
        .find(|(k, n, _)| *k == kind && *n == name)
        .map(|(_, _, digits)| Uuid::from_u128(COMMON | digits))
}
