//! Demo data: Lindåsa kommun, a made-up Swedish municipality, with what its parts use and what they ask for.
//! Constants only. Every person, place, address and organisation number here is invented.

/// A customer; its parent comes before it.
pub struct CustomerSeed {
    /// Unique code.
    pub code: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// The code of the customer that it is a part of.
    pub parent: Option<&'static str>,
    /// The name of the legal person behind it.
    pub legal_entity: &'static str,
    /// The organisation number, where it has one of its own.
    pub organisation_number: Option<&'static str>,
}

/// An IT service.
pub struct ServiceSeed {
    /// Unique code.
    pub code: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What it does for a customer.
    pub description: &'static str,
}

/// A person of the IT organisation.
pub struct PersonSeed {
    /// Their name.
    pub name: &'static str,
    /// Their e-mail address.
    pub email: &'static str,
}

/// A customer team; people are indices into [`PERSONS`].
pub struct TeamSeed {
    /// Unique name.
    pub name: &'static str,
    /// Who holds the customers as a whole.
    pub business_relationship_manager: usize,
    /// Who answers for the agreed delivery.
    pub delivery_manager: usize,
    /// Who answers for which services, by code.
    pub service_owners: &'static [(usize, &'static [&'static str])],
    /// A member, and who stands in for them in the first weeks.
    pub deputy: (usize, usize),
    /// The codes of the customers that the team is responsible for; their parts inherit it.
    pub customers: &'static [&'static str],
}

/// The services that a customer uses.
pub struct UsageSeed {
    /// The customer's code.
    pub customer: &'static str,
    /// The services' codes.
    pub services: &'static [&'static str],
}

/// A person at a customer.
pub struct ContactSeed {
    /// The customer's code.
    pub customer: &'static str,
    /// Their name.
    pub name: &'static str,
    /// Their e-mail address.
    pub email: &'static str,
    /// `customer`, `purchaser` or `key_user`.
    pub mandate: &'static str,
}

/// A matter that a customer raises.
pub struct RequestSeed {
    /// The customer's code.
    pub customer: &'static str,
    /// `wish`, `requirement`, `improvement_suggestion` or `complaint`.
    pub kind: &'static str,
    /// What it is, in one line.
    pub title: &'static str,
    /// What it is about.
    pub description: &'static str,
    /// What the customer gains by it; empty where not told.
    pub benefit: &'static str,
    /// The codes of the services concerned, all used by the customer; at least one.
    pub services: &'static [&'static str],
}

/// The municipality's parts and companies. `LBAB` has just joined and has no team yet.
pub const CUSTOMERS: &[CustomerSeed] = &[
    CustomerSeed {
        code: "KLK",
        name: "Kommunledningskontoret",
        parent: None,
        legal_entity: "Lindåsa kommun",
        organisation_number: Some("212000-9913"),
    },
    CustomerSeed {
        code: "KLK-HR",
        name: "HR-avdelningen",
        parent: Some("KLK"),
        legal_entity: "Lindåsa kommun",
        organisation_number: None,
    },
    CustomerSeed {
        code: "BUN",
        name: "Barn- och utbildningsnämnden",
        parent: None,
        legal_entity: "Barn- och utbildningsnämnden i Lindåsa kommun",
        organisation_number: None,
    },
    CustomerSeed {
        code: "BUN-GR",
        name: "Grundskolan",
        parent: Some("BUN"),
        legal_entity: "Barn- och utbildningsnämnden i Lindåsa kommun",
        organisation_number: None,
    },
    CustomerSeed {
        code: "SOC",
        name: "Socialnämnden",
        parent: None,
        legal_entity: "Socialnämnden i Lindåsa kommun",
        organisation_number: None,
    },
    CustomerSeed {
        code: "SOC-VO",
        name: "Vård och omsorg",
        parent: Some("SOC"),
        legal_entity: "Socialnämnden i Lindåsa kommun",
        organisation_number: None,
    },
    CustomerSeed {
        code: "SOC-VO-HEM",
        name: "Hemtjänsten",
        parent: Some("SOC-VO"),
        legal_entity: "Socialnämnden i Lindåsa kommun",
        organisation_number: None,
    },
    CustomerSeed {
        code: "SBN",
        name: "Samhällsbyggnadsnämnden",
        parent: None,
        legal_entity: "Samhällsbyggnadsnämnden i Lindåsa kommun",
        organisation_number: None,
    },
    CustomerSeed {
        code: "SBN-BYG",
        name: "Bygglovsenheten",
        parent: Some("SBN"),
        legal_entity: "Samhällsbyggnadsnämnden i Lindåsa kommun",
        organisation_number: None,
    },
    CustomerSeed {
        code: "KFN",
        name: "Kultur- och fritidsnämnden",
        parent: None,
        legal_entity: "Kultur- och fritidsnämnden i Lindåsa kommun",
        organisation_number: None,
    },
    CustomerSeed {
        code: "LEAB",
        name: "Lindåsa Energi AB",
        parent: None,
        legal_entity: "Lindåsa Energi AB",
        organisation_number: Some("556999-9911"),
    },
    CustomerSeed {
        code: "LBAB",
        name: "Lindåsa Bostäder AB",
        parent: None,
        legal_entity: "Lindåsa Bostäder AB",
        organisation_number: Some("556999-9927"),
    },
];

/// The services on offer. `EARKIV` is new and used by nobody.
pub const SERVICES: &[ServiceSeed] = &[
    ServiceSeed {
        code: "ARBPLATS",
        name: "Digital arbetsplats",
        description: "Dator med kontorsprogram, uppdateringar och skydd, levererad till skrivbordet och utbytt vart \
            fjärde år.",
    },
    ServiceSeed {
        code: "MOBIL",
        name: "Mobiltelefoni",
        description: "Abonnemang, telefoner och säker hantering av appar för den som arbetar på fältet eller i jour.",
    },
    ServiceSeed {
        code: "EPOST",
        name: "E-post, kalender och videomöten",
        description: "Brevlådor, delade kalendrar, rumsbokning och möten på distans.",
    },
    ServiceSeed {
        code: "NATVERK",
        name: "Nätverk och trådlöst nät",
        description: "Fast och trådlös uppkoppling i kommunens och bolagens lokaler, med avskilda nät för styrsystem \
            och gäster.",
    },
    ServiceSeed {
        code: "IDENTITET",
        name: "Konton och inloggning",
        description: "Konton som följer anställning och skolgång, inloggning med e-legitimation och behörigheter efter \
            roll.",
    },
    ServiceSeed {
        code: "UTSKRIFT",
        name: "Utskrift",
        description: "Gemensamma skrivare, kopiatorer och storformat där utskriften hämtas med passerkort.",
    },
    ServiceSeed {
        code: "WEBB",
        name: "Webbplats och intranät",
        description: "Kommunens öppna webbplats och medarbetarnas intranät med sök, nyheter och blanketter.",
    },
    ServiceSeed {
        code: "ETJANST",
        name: "E-tjänster",
        description: "Ansökningar och anmälningar som invånare och företag gör och följer på nätet.",
    },
    ServiceSeed {
        code: "ESIGN",
        name: "Digital underskrift",
        description: "Underskrift av avtal, beslut och protokoll med e-legitimation, för en eller flera i turordning.",
    },
    ServiceSeed {
        code: "DIARIUM",
        name: "Ärende- och dokumenthantering",
        description: "Diarium, nämndprocess och handlingar från registrering till arkiv.",
    },
    ServiceSeed {
        code: "EARKIV",
        name: "E-arkiv",
        description: "Långtidsbevarande av digitala handlingar i format som går att läsa även om femtio år.",
    },
    ServiceSeed {
        code: "EKONOMI",
        name: "Ekonomisystem",
        description: "Redovisning, fakturor, inköp, budget och uppföljning.",
    },
    ServiceSeed {
        code: "LON",
        name: "Löne- och personalsystem",
        description: "Anställningar, tidrapporter, frånvaro och löner för alla medarbetare.",
    },
    ServiceSeed {
        code: "BEMANNING",
        name: "Bemanning och vikariebokning",
        description: "Scheman, lediga pass och bokning av vikarier inom skola, vård och omsorg.",
    },
    ServiceSeed {
        code: "LARPLATT",
        name: "Lärplattform",
        description: "Planering, uppgifter, omdömen och kontakt mellan hem och skola.",
    },
    ServiceSeed {
        code: "ELEVREG",
        name: "Elevregister och skolplacering",
        description: "Uppgifter om barn och elever, köer, placeringar, skolval och avgifter.",
    },
    ServiceSeed {
        code: "VARDOMS",
        name: "Verksamhetssystem för vård och omsorg",
        description: "Utredningar, beslut, planer och journaler inom socialtjänst och hälso- och sjukvård.",
    },
    ServiceSeed {
        code: "HEMPLAN",
        name: "Planering och digitala lås i hemtjänsten",
        description: "Dagens besök i telefonen, ruttplanering, nyckelfri hemgång och registrering av utförd tid.",
    },
    ServiceSeed {
        code: "LARM",
        name: "Trygghetslarm",
        description: "Larm i ordinärt och särskilt boende, från knappen till den som rycker ut.",
    },
    ServiceSeed {
        code: "BYGGLOV",
        name: "Bygglovssystem",
        description: "Handläggning av lov, anmälningar och tillsyn enligt plan- och bygglagen.",
    },
    ServiceSeed {
        code: "GIS",
        name: "Kartor och geodata",
        description: "Baskarta, detaljplaner, ledningar och kartportal för medarbetare och invånare.",
    },
    ServiceSeed {
        code: "MATDATA",
        name: "Mätvärden för el och vatten",
        description: "Insamling, kontroll och visning av mätvärden från hushåll och anläggningar.",
    },
    ServiceSeed {
        code: "BIBLIO",
        name: "Bibliotekssystem",
        description: "Katalog, lån, reservationer och självbetjäning på huvudbibliotek och filialer.",
    },
    ServiceSeed {
        code: "BOKNING",
        name: "Boknings- och biljettsystem för fritid",
        description: "Bokning av hallar, planer och lokaler samt entré och kassa på anläggningarna.",
    },
    ServiceSeed {
        code: "FAST",
        name: "Fastighetssystem",
        description: "Lägenheter, hyreskontrakt, besiktningar, felanmälan och hyresavier.",
    },
];

/// The IT organisation. The last two have no role in a team.
pub const PERSONS: &[PersonSeed] = &[
    PersonSeed {
        name: "Agneta Rosvall",
        email: "agneta.rosvall@it.lindasa.example",
    },
    PersonSeed {
        name: "Torbjörn Hällström",
        email: "torbjorn.hallstrom@it.lindasa.example",
    },
    PersonSeed {
        name: "Marika Sundell",
        email: "marika.sundell@it.lindasa.example",
    },
    PersonSeed {
        name: "Jonatan Brask",
        email: "jonatan.brask@it.lindasa.example",
    },
    PersonSeed {
        name: "Yasmin Haddad",
        email: "yasmin.haddad@it.lindasa.example",
    },
    PersonSeed {
        name: "Per-Olof Granlund",
        email: "per-olof.granlund@it.lindasa.example",
    },
    PersonSeed {
        name: "Linnéa Wikander",
        email: "linnea.wikander@it.lindasa.example",
    },
    PersonSeed {
        name: "Farid Nazari",
        email: "farid.nazari@it.lindasa.example",
    },
    PersonSeed {
        name: "Ulrika Söderholm",
        email: "ulrika.soderholm@it.lindasa.example",
    },
    PersonSeed {
        name: "Stefan Kjellgren",
        email: "stefan.kjellgren@it.lindasa.example",
    },
    PersonSeed {
        name: "Hanna Lundvall",
        email: "hanna.lundvall@it.lindasa.example",
    },
    PersonSeed {
        name: "Mattias Ekdahl",
        email: "mattias.ekdahl@it.lindasa.example",
    },
    PersonSeed {
        name: "Katarina Nyqvist",
        email: "katarina.nyqvist@it.lindasa.example",
    },
    PersonSeed {
        name: "Dragan Ilic",
        email: "dragan.ilic@it.lindasa.example",
    },
    PersonSeed {
        name: "Susanne Bergfors",
        email: "susanne.bergfors@it.lindasa.example",
    },
    PersonSeed {
        name: "Elias Torstensson",
        email: "elias.torstensson@it.lindasa.example",
    },
    PersonSeed {
        name: "Gunilla Mårdh",
        email: "gunilla.mardh@it.lindasa.example",
    },
    PersonSeed {
        name: "Amir Rezai",
        email: "amir.rezai@it.lindasa.example",
    },
    PersonSeed {
        name: "Veronica Ståhlberg",
        email: "veronica.stahlberg@it.lindasa.example",
    },
    PersonSeed {
        name: "Rikard Ödman",
        email: "rikard.odman@it.lindasa.example",
    },
];

/// The customer teams. `SOC-VO` has its own, so `SOC-VO-HEM` inherits that one rather than the team of `SOC`.
pub const TEAMS: &[TeamSeed] = &[
    TeamSeed {
        name: "Kundteam Ledning och bolag",
        business_relationship_manager: 0,
        delivery_manager: 1,
        service_owners: &[
            (8, &["WEBB", "ETJANST", "ESIGN"]),
            (9, &["ARBPLATS", "MOBIL", "EPOST", "UTSKRIFT"]),
            (10, &["EKONOMI", "LON", "BEMANNING", "DIARIUM"]),
            (11, &["NATVERK", "IDENTITET"]),
            (12, &["GIS", "MATDATA"]),
        ],
        deputy: (11, 10),
        customers: &["KLK", "LEAB"],
    },
    TeamSeed {
        name: "Kundteam Lärande och fritid",
        business_relationship_manager: 2,
        delivery_manager: 3,
        service_owners: &[
            (13, &["LARPLATT", "ELEVREG"]),
            (14, &["BIBLIO", "BOKNING", "WEBB"]),
            (8, &["ETJANST", "ESIGN"]),
            (9, &["ARBPLATS", "EPOST", "UTSKRIFT"]),
            (10, &["DIARIUM", "EKONOMI", "BEMANNING"]),
            (11, &["NATVERK", "IDENTITET"]),
        ],
        deputy: (11, 10),
        customers: &["BUN", "KFN"],
    },
    TeamSeed {
        name: "Kundteam Vård och omsorg",
        business_relationship_manager: 4,
        delivery_manager: 5,
        service_owners: &[
            (15, &["VARDOMS", "HEMPLAN"]),
            (16, &["LARM", "BEMANNING"]),
            (9, &["ARBPLATS", "MOBIL", "EPOST"]),
            (11, &["NATVERK", "IDENTITET"]),
        ],
        deputy: (11, 9),
        customers: &["SOC-VO"],
    },
    TeamSeed {
        name: "Kundteam Myndighet och samhälle",
        business_relationship_manager: 6,
        delivery_manager: 7,
        service_owners: &[
            (12, &["GIS", "BYGGLOV"]),
            (15, &["VARDOMS"]),
            (17, &["ARBPLATS", "MOBIL", "EPOST", "IDENTITET", "UTSKRIFT"]),
            (8, &["ETJANST", "ESIGN"]),
            (10, &["DIARIUM", "EKONOMI"]),
        ],
        deputy: (10, 8),
        customers: &["SOC", "SBN"],
    },
];

/// Which customer uses which services; one entry per customer.
pub const USAGES: &[UsageSeed] = &[
    UsageSeed {
        customer: "KLK",
        services: &[
            "ARBPLATS",
            "MOBIL",
            "EPOST",
            "NATVERK",
            "IDENTITET",
            "UTSKRIFT",
            "WEBB",
            "ETJANST",
            "ESIGN",
            "DIARIUM",
            "EKONOMI",
        ],
    },
    UsageSeed {
        customer: "KLK-HR",
        services: &["ARBPLATS", "EPOST", "WEBB", "ESIGN", "DIARIUM", "LON", "BEMANNING"],
    },
    UsageSeed {
        customer: "BUN",
        services: &[
            "ARBPLATS",
            "EPOST",
            "NATVERK",
            "IDENTITET",
            "ETJANST",
            "ESIGN",
            "DIARIUM",
            "EKONOMI",
            "ELEVREG",
        ],
    },
    UsageSeed {
        customer: "BUN-GR",
        services: &[
            "ARBPLATS",
            "EPOST",
            "NATVERK",
            "IDENTITET",
            "UTSKRIFT",
            "BEMANNING",
            "LARPLATT",
            "ELEVREG",
        ],
    },
    UsageSeed {
        customer: "SOC",
        services: &[
            "ARBPLATS",
            "EPOST",
            "IDENTITET",
            "ETJANST",
            "ESIGN",
            "DIARIUM",
            "EKONOMI",
            "VARDOMS",
        ],
    },
    UsageSeed {
        customer: "SOC-VO",
        services: &["ARBPLATS", "MOBIL", "EPOST", "NATVERK", "BEMANNING", "VARDOMS", "LARM"],
    },
    UsageSeed {
        customer: "SOC-VO-HEM",
        services: &["MOBIL", "IDENTITET", "BEMANNING", "VARDOMS", "HEMPLAN", "LARM"],
    },
    UsageSeed {
        customer: "SBN",
        services: &[
            "ARBPLATS", "MOBIL", "EPOST", "UTSKRIFT", "ETJANST", "DIARIUM", "EKONOMI", "GIS",
        ],
    },
    UsageSeed {
        customer: "SBN-BYG",
        services: &["ARBPLATS", "ETJANST", "ESIGN", "DIARIUM", "BYGGLOV", "GIS"],
    },
    UsageSeed {
        customer: "KFN",
        services: &[
            "ARBPLATS", "EPOST", "NATVERK", "UTSKRIFT", "WEBB", "EKONOMI", "BIBLIO", "BOKNING",
        ],
    },
    UsageSeed {
        customer: "LEAB",
        services: &[
            "ARBPLATS", "MOBIL", "EPOST", "NATVERK", "WEBB", "ETJANST", "EKONOMI", "GIS", "MATDATA",
        ],
    },
    UsageSeed {
        customer: "LBAB",
        services: &["ARBPLATS", "MOBIL", "EPOST", "NATVERK", "ETJANST", "ESIGN", "FAST"],
    },
];

/// The people at the customers; each customer has at least one `customer` and one `purchaser`.
pub const CONTACTS: &[ContactSeed] = &[
    ContactSeed {
        customer: "KLK",
        name: "Charlotte Almgren",
        email: "charlotte.almgren@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "KLK",
        name: "Bengt Forsell",
        email: "bengt.forsell@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "KLK",
        name: "Ingrid Hedvall",
        email: "ingrid.hedvall@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "KLK",
        name: "Samuel Åkerblom",
        email: "samuel.akerblom@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "KLK",
        name: "Nadja Lazar",
        email: "nadja.lazar@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "KLK-HR",
        name: "Helena Tengstrand",
        email: "helena.tengstrand@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "KLK-HR",
        name: "Krister Norling",
        email: "krister.norling@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "KLK-HR",
        name: "Fatima Osman",
        email: "fatima.osman@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "KLK-HR",
        name: "Pia Sjögren",
        email: "pia.sjogren@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "KLK-HR",
        name: "Viktor Dahlbom",
        email: "viktor.dahlbom@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "BUN",
        name: "Anders Kihlström",
        email: "anders.kihlstrom@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "BUN",
        name: "Malin Rydell",
        email: "malin.rydell@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "BUN",
        name: "Josefin Bolander",
        email: "josefin.bolander@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "BUN",
        name: "Goran Simic",
        email: "goran.simic@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "BUN",
        name: "Eva-Lena Uhlin",
        email: "eva-lena.uhlin@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "BUN-GR",
        name: "Peter Skoglund",
        email: "peter.skoglund@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "BUN-GR",
        name: "Camilla Hagström",
        email: "camilla.hagstrom@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "BUN-GR",
        name: "Tove Arnell",
        email: "tove.arnell@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "BUN-GR",
        name: "Ahmed Warsame",
        email: "ahmed.warsame@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "BUN-GR",
        name: "Birgitta Fagerlund",
        email: "birgitta.fagerlund@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "BUN-GR",
        name: "Oskar Melin",
        email: "oskar.melin@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "SOC",
        name: "Lena Thörnqvist",
        email: "lena.thornqvist@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "SOC",
        name: "Magnus Öhrling",
        email: "magnus.ohrling@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "SOC",
        name: "Rebecka Sandin",
        email: "rebecka.sandin@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "SOC",
        name: "Iman Jafari",
        email: "iman.jafari@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "SOC",
        name: "Kent Wallgren",
        email: "kent.wallgren@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "SOC-VO",
        name: "Marie Edström",
        email: "marie.edstrom@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "SOC-VO",
        name: "Tomas Hökfors",
        email: "tomas.hokfors@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "SOC-VO",
        name: "Annika Palmqvist",
        email: "annika.palmqvist@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "SOC-VO",
        name: "Selam Tesfay",
        email: "selam.tesfay@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "SOC-VO",
        name: "Johanna Strid",
        email: "johanna.strid@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "SOC-VO",
        name: "Roger Blomdahl",
        email: "roger.blomdahl@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "SOC-VO-HEM",
        name: "Cecilia Rönnberg",
        email: "cecilia.ronnberg@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "SOC-VO-HEM",
        name: "Daniel Ivarsson",
        email: "daniel.ivarsson@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "SOC-VO-HEM",
        name: "Mona Sjölund",
        email: "mona.sjolund@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "SOC-VO-HEM",
        name: "Leila Karimi",
        email: "leila.karimi@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "SOC-VO-HEM",
        name: "Sixten Bodin",
        email: "sixten.bodin@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "SBN",
        name: "Håkan Nordenskog",
        email: "hakan.nordenskog@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "SBN",
        name: "Åsa Grönborg",
        email: "asa.gronborg@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "SBN",
        name: "Niklas Stenroos",
        email: "niklas.stenroos@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "SBN",
        name: "Elin Westman",
        email: "elin.westman@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "SBN",
        name: "Hugo Tjäder",
        email: "hugo.tjader@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "SBN-BYG",
        name: "Monica Frisk",
        email: "monica.frisk@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "SBN-BYG",
        name: "Joel Carlén",
        email: "joel.carlen@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "SBN-BYG",
        name: "Therese Backlund",
        email: "therese.backlund@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "SBN-BYG",
        name: "Piotr Nowicki",
        email: "piotr.nowicki@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "KFN",
        name: "Christina Ahlbom",
        email: "christina.ahlbom@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "KFN",
        name: "Lars-Erik Hjort",
        email: "lars-erik.hjort@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "KFN",
        name: "Disa Malmgren",
        email: "disa.malmgren@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "KFN",
        name: "Robin Zetterlund",
        email: "robin.zetterlund@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "KFN",
        name: "Amanda Kvist",
        email: "amanda.kvist@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "LEAB",
        name: "Mikael Dufvenberg",
        email: "mikael.dufvenberg@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "LEAB",
        name: "Sofia Engvik",
        email: "sofia.engvik@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "LEAB",
        name: "Jesper Landin",
        email: "jesper.landin@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "LEAB",
        name: "Barbro Eklöf",
        email: "barbro.eklof@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "LEAB",
        name: "Tuva Rask",
        email: "tuva.rask@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "LBAB",
        name: "Ewa Trygg",
        email: "ewa.trygg@lindasa.example",
        mandate: "customer",
    },
    ContactSeed {
        customer: "LBAB",
        name: "Patrik Liljegren",
        email: "patrik.liljegren@lindasa.example",
        mandate: "purchaser",
    },
    ContactSeed {
        customer: "LBAB",
        name: "Zeinab Moradi",
        email: "zeinab.moradi@lindasa.example",
        mandate: "key_user",
    },
    ContactSeed {
        customer: "LBAB",
        name: "Göran Sköld",
        email: "goran.skold@lindasa.example",
        mandate: "key_user",
    },
];

/// The matters, customers and kinds mixed as they might come in.
pub const REQUESTS: &[RequestSeed] = &[
    RequestSeed {
        customer: "SBN-BYG",
        kind: "wish",
        title: "Boka tid för rådgivning om bygglov",
        description: "Öppet hus på onsdagar slutar med att folk väntar i två timmar. En bokningssida med telefon, \
            besök eller video som val vore uppskattad.",
        benefit: "",
        services: &["ETJANST"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "requirement",
        title: "Nationell patientöversikt på varje sjuksköterskedator",
        description: "Sedan bytet av datormodell fungerar åtkomsten bara på två arbetsplatser. Legitimerad personal \
            måste kunna läsa sammanhållen dokumentation jouren runt.",
        benefit: "",
        services: &["VARDOMS", "ARBPLATS"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "wish",
        title: "Justera protokoll digitalt samma kväll som sammanträdet",
        description: "Justerarna reser in till stadshuset enbart för att skriva under på papper. Vi vill att \
            protokollet kan justeras från telefonen så snart sekreteraren är klar.",
        benefit: "Protokollen kan anslås flera dagar tidigare än nu.",
        services: &["ESIGN", "DIARIUM"],
    },
    RequestSeed {
        customer: "LEAB",
        kind: "complaint",
        title: "Skyhöga vattenräkningar i Sörgärdet efter fel mätarställning",
        description: "Ett tjugotal hushåll debiterades för över tusen kubikmeter. Rimlighetskontrollen som beskrivs i \
            överenskommelsen måste ha varit avstängd.",
        benefit: "",
        services: &["MATDATA", "EKONOMI"],
    },
    RequestSeed {
        customer: "LBAB",
        kind: "requirement",
        title: "Hyresavin måste kunna skickas som e-faktura",
        description: "Bankerna har meddelat att vår nuvarande filöverföring upphör i höst. Utan byte får två tusen \
            hushåll pappersavi igen.",
        benefit: "",
        services: &["FAST"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "wish",
        title: "Sommarvikarier vill anmäla vilka dagar de kan jobba i telefonen",
        description: "Tillgängligheten samlas in i sms och på lappar som bemanningsenheten matar in för hand. En enkel \
            kalender där vikarien kryssar i sina dagar räcker gott.",
        benefit: "Färre telefonsamtal och snabbare tillsättning.",
        services: &["BEMANNING"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "complaint",
        title: "Diariet låg nere hela förmiddagen före nämndutskicket",
        description: "Kallelsen till kommunstyrelsen gick ut för sent eftersom ingen kunde öppna handlingarna mellan \
            åtta och tolv. Vi fick dessutom veta om avbrottet av varandra och inte av er.",
        benefit: "",
        services: &["DIARIUM"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "complaint",
        title: "Servicedesk stänger innan vårt kvällspass har börjat",
        description: "Efter klockan sexton hänvisas vi till ett formulär som besvaras nästa dag. En låst telefon en \
            fredag kväll betyder att någon blir utan planering hela helgen.",
        benefit: "",
        services: &["MOBIL", "IDENTITET"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "requirement",
        title: "Inkomstuppgift ska lämnas på nytt inför ändrad maxtaxa",
        description: "Regeländringen träder i kraft vid årsskiftet och alla hushåll måste då bekräfta sin inkomst. \
            Tjänsten behöver klara flera tusen svar under två veckor.",
        benefit: "Rätt avgift från första månaden.",
        services: &["ETJANST", "ELEVREG"],
    },
    RequestSeed {
        customer: "SBN",
        kind: "complaint",
        title: "Kartportalen visar gamla fastighetsgränser efter uppdateringen",
        description: "Vi upptäckte felet när en markägare kom in med sin förrättningskarta. Under elva dagar kan \
            besked ha lämnats på fel underlag.",
        benefit: "",
        services: &["GIS"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "improvement_suggestion",
        title: "Färre klick för att anmäla att en elev saknas i klassrummet",
        description: "Sju steg för att markera frånvaro hinner man inte med när tjugoåtta barn ska sätta sig. Visa \
            klassen som bilder och låt ett tryck räcka.",
        benefit: "Fem minuter mer undervisning varje lektion.",
        services: &["LARPLATT", "ELEVREG"],
    },
    RequestSeed {
        customer: "SOC",
        kind: "complaint",
        title: "Utredningstext försvann när jag loggades ut i bakgrunden",
        description: "Fyra handläggare har förlorat sammanlagt två arbetsdagars text sedan tidsgränsen kortades. Ingen \
            hade berättat för oss att den skulle ändras.",
        benefit: "",
        services: &["VARDOMS"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "wish",
        title: "Inköpslistan ska följa med till butiken",
        description: "Beställningen skrivs på papper hemma hos kunden och läses upp i telefon till den som handlar. En \
            delad lista med avprickning hade räckt.",
        benefit: "",
        services: &["HEMPLAN", "MOBIL"],
    },
    RequestSeed {
        customer: "SBN",
        kind: "wish",
        title: "Karta i fält som fungerar utan uppkoppling",
        description: "Mätarna skriver ner koordinater på papper så fort de kommer in i skogen. Hämtning av ett område \
            före avfärd och synkning vid hemkomst är vad som behövs.",
        benefit: "En arbetsdag i veckan för mätlaget.",
        services: &["GIS", "MOBIL"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "complaint",
        title: "Tre veckor utan besked om den felaktiga attestordningen",
        description: "Efter omorganisationen går lönebeslut till chefer som har slutat. Vi har påmint två gånger och \
            får bara svaret att ärendet är mottaget.",
        benefit: "",
        services: &["LON"],
    },
    RequestSeed {
        customer: "LEAB",
        kind: "improvement_suggestion",
        title: "Samma ord på el-, vatten- och fjärrvärmefakturan",
        description: "Vi kallar samma avgift för abonnemang, fast avgift och grundavgift. Kundtjänst har tagit fram \
            ett förslag till gemensamma texter.",
        benefit: "",
        services: &["EKONOMI", "MATDATA"],
    },
    RequestSeed {
        customer: "SOC",
        kind: "requirement",
        title: "Skyddsbedömning ska vara registrerad senast dagen efter anmälan",
        description: "Lagen ger oss till följande dag och vi måste kunna visa att det skett. En spärr eller varning \
            behövs om fältet är tomt när tiden håller på att gå ut.",
        benefit: "Barns behov av skydd bedöms alltid i tid.",
        services: &["VARDOMS"],
    },
    RequestSeed {
        customer: "SBN",
        kind: "improvement_suggestion",
        title: "Planbestämmelsen direkt när man pekar på tomten",
        description: "Villaägare och mäklare öppnar en plankarta från sjuttiotalet och förstår inte bokstäverna. En \
            ruta i klarspråk skulle besvara nio av tio frågor.",
        benefit: "Mindre tid i telefon för planarkitekterna.",
        services: &["GIS"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "wish",
        title: "Familjer vill följa sin plats i förskolekön",
        description: "Frågan om kötid är den i särklass vanligaste i vår växel. Visa placering, erbjudanden och vad \
            som händer härnäst när man loggar in.",
        benefit: "Lugnare telefoner i augusti.",
        services: &["ELEVREG", "ETJANST"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "improvement_suggestion",
        title: "En överlämningsvy att läsa från vid skiftbyte",
        description: "Vi bläddrar bland ett femtontal journaler för att hitta vad som hänt under natten. Visa bara det \
            som avviker, sorterat per boende.",
        benefit: "Tio minuter kortare överlämning, tre gånger per dygn.",
        services: &["VARDOMS"],
    },
    RequestSeed {
        customer: "SBN",
        kind: "requirement",
        title: "Nya detaljplaner ska levereras enligt den nationella specifikationen",
        description: "Lantmäteriet tar inte emot planer i vårt nuvarande format efter sommaren. Både ritverktyg och \
            leveransflöde behöver anpassas och provas med två planer.",
        benefit: "Planerna vinner laga kraft utan försening.",
        services: &["GIS"],
    },
    RequestSeed {
        customer: "SOC",
        kind: "improvement_suggestion",
        title: "Minns vilken mall handläggaren senast använde",
        description: "Listan har över hundra mallar i bokstavsordning och de flesta av oss använder fyra. Lägg de egna \
            överst.",
        benefit: "Mindre irritation, fler anteckningar i rätt mall.",
        services: &["VARDOMS"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "wish",
        title: "Veckobrevet översatt till familjens eget språk",
        description: "På Ekbackens skola talas ett trettiotal språk och breven hem blir ofta olästa. En \
            maskinöversättning med tydlig varningstext är bättre än ingenting.",
        benefit: "",
        services: &["LARPLATT"],
    },
    RequestSeed {
        customer: "SBN-BYG",
        kind: "wish",
        title: "Anmälan av eldstad med inbyggda kontrollfrågor",
        description: "Sju av tio anmälningar saknar prestandadeklaration eller uppgift om skorsten. Frågor som \
            anpassas efter svaren ger oss kompletta handlingar från start.",
        benefit: "Startbesked inom en vecka.",
        services: &["ETJANST", "BYGGLOV"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "improvement_suggestion",
        title: "Kortare driftmeddelanden, gärna med det viktiga först",
        description: "Undersköterskor läser på en liten skärm mellan två insatser. Skriv vad som inte fungerar och vad \
            man gör istället, resten kan stå under en länk.",
        benefit: "",
        services: &["EPOST"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "wish",
        title: "En evenemangskalender för hela Lindåsa",
        description: "Konserter, loppisar och föreläsningar annonseras på sju olika sidor. Arrangörerna ska kunna \
            lägga in själva och vi granskar innan det syns.",
        benefit: "",
        services: &["WEBB"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "requirement",
        title: "Upprepad frånvaro hos skolpliktiga ska meddelas hemkommunen",
        description: "För elever från grannkommunerna saknas en rutin som utlöses vid rätt tidpunkt. Meddelandet ska \
            skapas när utredning om frånvaro inleds och sparas på eleven.",
        benefit: "",
        services: &["ELEVREG"],
    },
    RequestSeed {
        customer: "SBN",
        kind: "wish",
        title: "Trädinventeringen i parkarbetarnas telefoner",
        description: "Uppgifter om skador och planerad beskärning finns hos stadsträdgårdsmästaren men inte där träden \
            står. Läsning räcker som en början.",
        benefit: "",
        services: &["GIS", "MOBIL"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "requirement",
        title: "Utförd tid ska överensstämma med avgiftsunderlaget",
        description: "Kunderna faktureras på planerad tid när överföringen fallerar, vilket inte är förenligt med \
            taxan. Avvikelser över fem minuter ska flaggas innan fakturorna skapas.",
        benefit: "Korrekta fakturor och färre omprövningar.",
        services: &["HEMPLAN", "VARDOMS"],
    },
    RequestSeed {
        customer: "LEAB",
        kind: "wish",
        title: "Serviceteknikernas orderlista i telefonen",
        description: "Ordrarna skrivs ut på morgonen och ändringar ges över radio. Vi tänker oss en lista med plats, \
            material och fotografering efter utfört arbete.",
        benefit: "",
        services: &["MOBIL", "GIS"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "improvement_suggestion",
        title: "Lågstadielärare bör kunna nollställa elevernas lösenord",
        description: "Sjuåringar glömmer, och då stannar lektionen tills servicedesk svarar. Begränsa behörigheten \
            till lärarens egen klass så är risken liten.",
        benefit: "Lägre tryck på servicedesk på måndagar.",
        services: &["IDENTITET"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "requirement",
        title: "Fristående förskolor behöver egna inloggningar till höstterminen",
        description: "Enligt avtalet ska de tolv fristående enheterna själva rapportera placeringar och scheman. De \
            saknar kommunala konton och kan inte få åtkomst till andras barn.",
        benefit: "Dubbelregistreringen hos oss försvinner.",
        services: &["IDENTITET", "ELEVREG"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "wish",
        title: "Tala in journalanteckningen på väg till nästa kund",
        description: "Att skriva på telefon med kalla fingrar leder till korta och intetsägande anteckningar. \
            Diktering med genomläsning innan man sparar vore ett framsteg.",
        benefit: "Utförligare dokumentation.",
        services: &["VARDOMS", "MOBIL"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "wish",
        title: "Läsplattor för förtroendevalda med handlingarna nedladdade",
        description: "Ledamöterna får kallelsen som länkar och står utan underlag när täckningen är dålig. \
            Handlingarna borde ligga färdiga på plattan inför varje möte.",
        benefit: "Mindre kopiering och bättre pålästa ledamöter.",
        services: &["ARBPLATS", "DIARIUM"],
    },
    RequestSeed {
        customer: "SOC",
        kind: "wish",
        title: "Bilagor till ekonomiskt bistånd fotograferade med telefonen",
        description: "Sökande kommer till receptionen med kuvert fulla av kvitton och kontoutdrag. Om de kan \
            fotograferas in i ansökan slipper vi skanna och kan börja räkna samma dag.",
        benefit: "Kortare tid från ansökan till utbetalning.",
        services: &["ETJANST", "VARDOMS"],
    },
    RequestSeed {
        customer: "SBN",
        kind: "requirement",
        title: "Grävtillstånd måste stämmas av mot ledningsägarna före beslut",
        description: "I våras grävdes en fiberkabel av trots giltigt tillstånd. Ansökan ska visa vilka ledningar som \
            berörs och kräva deras svar.",
        benefit: "Färre avgrävda kablar.",
        services: &["ETJANST", "GIS"],
    },
    RequestSeed {
        customer: "SBN-BYG",
        kind: "improvement_suggestion",
        title: "Standardtexter när ansökan behöver kompletteras",
        description: "Vi är sex handläggare som formulerar samma begäran på sex sätt. En textbank som juristen godkänt \
            ger likabehandling.",
        benefit: "",
        services: &["BYGGLOV"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "wish",
        title: "Skriva ut från egen mobil på huvudbiblioteket",
        description: "Besökare mejlar sina biljetter och blanketter till personalen för att få dem på papper. Det är \
            varken säkert eller trevligt för någon.",
        benefit: "Låntagarnas handlingar stannar hos dem själva.",
        services: &["UTSKRIFT", "NATVERK"],
    },
    RequestSeed {
        customer: "SOC",
        kind: "wish",
        title: "Krypterade meddelanden till vårdcentralerna i regionen",
        description: "Handläggarna faxar fortfarande underlag vid samordnad planering. Vi efterlyser ett sätt att \
            skriva säkert direkt från den vanliga brevlådan.",
        benefit: "",
        services: &["EPOST"],
    },
    RequestSeed {
        customer: "SBN-BYG",
        kind: "requirement",
        title: "Kungörelse måste ske samma dag som lovet beviljas",
        description: "Överklagandetiden börjar inte löpa förrän beslutet är kungjort och byggherrar väntar på oss. \
            Publiceringen får inte vila på att någon kommer ihåg den.",
        benefit: "Förutsägbar tid till byggstart.",
        services: &["BYGGLOV", "DIARIUM"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "wish",
        title: "Beställt, attesterat och betalt per investeringsprojekt",
        description: "Projektledarna för den nya brandstationen ringer ekonomienheten varje vecka för att få en lista. \
            En egen vy per projekt skulle spara båda parter mycket letande.",
        benefit: "",
        services: &["EKONOMI"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "wish",
        title: "Tidsbokning av utvecklingssamtal i lärplattformen",
        description: "Lärarna häftar upp listor på dörren eller frågar i sms. Låt hemmen välja bland lediga tider och \
            få en bekräftelse i samma flöde.",
        benefit: "En knapp timme sparad per klass och termin.",
        services: &["LARPLATT"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "wish",
        title: "Beslut om tilläggsbelopp undertecknas utan papper",
        description: "Besluten vandrar i internpost mellan handläggare, chef och nämnd i upp till två veckor. Vi vill \
            ha en underskriftsrunda där man ser vem som är på tur.",
        benefit: "Friskolorna får besked snabbare.",
        services: &["ESIGN", "DIARIUM"],
    },
    RequestSeed {
        customer: "SBN-BYG",
        kind: "complaint",
        title: "Slutbesked skickades till fel mottagare efter systembytet",
        description: "Minst fem byggherrar fick någon annans slutbesked i sin digitala brevlåda. Vi har anmält \
            personuppgiftsincidenten men saknar er beskrivning av orsaken.",
        benefit: "",
        services: &["BYGGLOV", "ESIGN"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "wish",
        title: "Kulturskolans terminsanmälan på webben",
        description: "Anmälan görs på talong som barnen ska komma ihåg att lämna. Vi önskar ett formulär som visar \
            lediga platser per instrument och köar automatiskt.",
        benefit: "",
        services: &["WEBB", "BOKNING"],
    },
    RequestSeed {
        customer: "SBN",
        kind: "wish",
        title: "Visa plogbilarnas runda för medborgarna",
        description: "Vid varje snöfall ringer hundratals personer och frågar när deras gata är på tur. Bilarna sänder \
            redan sin position, den visas bara inte utåt.",
        benefit: "Växeln klarar snödagarna.",
        services: &["GIS", "ETJANST"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "wish",
        title: "Gemensam inkorg för klagomål på utbildningen",
        description: "Klagomål enligt skollagen landar hos rektorer, nämndsekreterare och i kontaktcenter om \
            vartannat. En funktionsbrevlåda med koppling till diariet ger oss ordning.",
        benefit: "",
        services: &["EPOST", "DIARIUM"],
    },
    RequestSeed {
        customer: "SBN-BYG",
        kind: "improvement_suggestion",
        title: "Knyt mikrofilmade lov till fastigheten på kartan",
        description: "Arkivet före 1985 är skannat men ligger i mappar efter filmrulle. Praktikanter kan göra \
            kopplingen om det finns ett enkelt gränssnitt.",
        benefit: "",
        services: &["GIS", "BYGGLOV"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "complaint",
        title: "Datorerna till den nya korttidsavdelningen kom sex veckor för sent",
        description: "Avdelningen öppnade med två lånade maskiner för fjorton anställda. Beställningen lades i god tid \
            och bekräftades av er.",
        benefit: "",
        services: &["ARBPLATS"],
    },
    RequestSeed {
        customer: "SBN",
        kind: "wish",
        title: "Peka ut trasiga gatlyktor på en karta",
        description: "Felanmälan sker i fritext och driften får gissa vilken stolpe som avses. Låt anmälaren klicka på \
            lyktan så att numret följer med.",
        benefit: "Rätt stolpe lagas vid första besöket.",
        services: &["ETJANST", "GIS"],
    },
    RequestSeed {
        customer: "LBAB",
        kind: "wish",
        title: "Hyreskontrakt med e-legitimation",
        description: "Nya hyresgäster tar ledigt från jobbet för att komma in och skriva på. Kontraktet finns redan \
            färdigt i fastighetssystemet och borde bara behöva skickas.",
        benefit: "Kortare tid med tomma lägenheter.",
        services: &["ESIGN", "FAST"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "wish",
        title: "Stavningskontroll för finska och meänkieli",
        description: "Eleverna som läser minoritetsspråk får varenda ord understruket i rött. Språkpaketen verkar \
            finnas men är avstängda i vår installation.",
        benefit: "",
        services: &["ARBPLATS"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "improvement_suggestion",
        title: "Reservbatterier och märkta laddplatser till larmtelefonerna",
        description: "Telefonerna hamnar på fel våning och står oladdade när kvällen kommer. Numrera hållarna och lägg \
            ett extrabatteri i varje.",
        benefit: "",
        services: &["MOBIL"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "requirement",
        title: "Anmälan om bisyssla ska diarieföras utan omväg via postlådan",
        description: "Revisionen påpekade att hälften av anmälningarna saknas i diariet. När chefen fattat beslut ska \
            handlingen registreras i samma steg.",
        benefit: "Spårbara beslut.",
        services: &["DIARIUM", "ESIGN"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "complaint",
        title: "Lärplattformen är olidligt långsam varje måndag klockan åtta",
        description: "Från terminsstarten har vi räknat till nio måndagar då sidorna tagit över en minut att öppna. \
            Frånvaron skrivs på papper och förs in i efterhand.",
        benefit: "",
        services: &["LARPLATT"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "wish",
        title: "Låna ut spel och verktyg lika enkelt som böcker",
        description: "Fritidsbanken för pärm över sina skidor och bibliotekets borrmaskiner står utanför katalogen. \
            Med streckkoder och samma lånekort kan allt hanteras vid en disk.",
        benefit: "Billig fritid för barnfamiljer.",
        services: &["BIBLIO"],
    },
    RequestSeed {
        customer: "SBN",
        kind: "wish",
        title: "Drönarbilder över våtmarkerna i kartportalen",
        description: "Ekologen har fyra somrars flygningar på en hårddisk under skrivbordet. Materialet borde ligga \
            som lager med årtal så att förändringen syns.",
        benefit: "",
        services: &["GIS"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "improvement_suggestion",
        title: "Förifyll uppgifterna när syskon söker till samma skola",
        description: "Föräldrar till tre barn skriver in adress, telefon och arbetsplats tre gånger. Återanvänd det \
            som redan är lämnat och låt dem bara bekräfta.",
        benefit: "Nöjdare föräldrar och färre stavfel.",
        services: &["ETJANST", "ELEVREG"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "requirement",
        title: "Lärarvikarier måste ha konto innan första lektionen",
        description: "När vikarien bokas på morgonen finns ingen inloggning förrän på eftermiddagen. Bokningen ska ge \
            tidsbegränsad åtkomst till klassens frånvaro och planering.",
        benefit: "Säkrare närvarokontroll även vid sjukdom.",
        services: &["IDENTITET", "BEMANNING"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "wish",
        title: "Skärmar utanför sammanträdesrummen som visar bokningen",
        description: "Det är ofta oklart om rummet är upptaget eller om någon bara glömt avboka. En liten skärm vid \
            dörren med möjlighet att släppa rummet skulle räcka långt.",
        benefit: "Bättre nyttjade lokaler utan att bygga nya.",
        services: &["EPOST", "NATVERK"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "wish",
        title: "Trådlöst nät ut på skolgården vid Ekbackens skola",
        description: "Uteklassrummet och idrottslärarna når inte elevernas uppgifter utanför väggarna. Två \
            accesspunkter mot gården bör räcka enligt vaktmästaren.",
        benefit: "Undervisningen kan flytta ut.",
        services: &["NATVERK"],
    },
    RequestSeed {
        customer: "LEAB",
        kind: "wish",
        title: "Avbrottskarta som är läsbar på mobilen",
        description: "När strömmen går är telefonen det enda som fungerar, men kartan är gjord för stor skärm. Visa \
            område, orsak och beräknad tid i några få rader.",
        benefit: "Färre samtal till driftcentralen under storm.",
        services: &["GIS", "WEBB"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "wish",
        title: "Direktsändning av fullmäktige med undertexter",
        description: "Hörselskadade medborgare har hört av sig om att sändningen från Lindsalen inte går att följa. \
            Text i realtid och i efterhand vore ett stort lyft för insynen.",
        benefit: "Fler kan följa den lokala demokratin.",
        services: &["WEBB", "NATVERK"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "improvement_suggestion",
        title: "Kvittera trygghetslarm i samma lista som besöken",
        description: "Två appar innebär att man missar något varje pass. Lägg larmen överst bland dagens uppgifter.",
        benefit: "",
        services: &["LARM", "HEMPLAN"],
    },
    RequestSeed {
        customer: "SOC",
        kind: "requirement",
        title: "Vissa beslut måste bära två delegaters underskrifter",
        description: "Enligt delegationsordningen räcker inte en signatur vid placeringar över en viss kostnad. Den \
            andra ska inte kunna skriva under förrän den första är klar.",
        benefit: "Giltiga beslut vid överprövning.",
        services: &["ESIGN", "DIARIUM"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "requirement",
        title: "Skyddade personuppgifter får inte synas i bemanningslistorna",
        description: "Två medarbetare med sekretessmarkering låg med namn och adress i den delade listan. Markeringen \
            i lönesystemet måste slå igenom i alla kopplade vyer.",
        benefit: "",
        services: &["BEMANNING", "LON"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "requirement",
        title: "Digitala lås måste gå att öppna där mobiltäckning saknas",
        description: "I byarna runt Granmyren hittar telefonen inget nät och personalen har blivit stående utanför. \
            Behörigheten ska hämtas i förväg och gälla hela turen.",
        benefit: "Trygghet i hela kommunen.",
        services: &["HEMPLAN", "MOBIL"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "improvement_suggestion",
        title: "Låt chefen godkänna gruppens semester i ett svep",
        description: "En enhetschef med fyrtio medarbetare klickar sig igenom varje ansökan för sig. En lista med \
            kryssrutor och ett enda godkännande vore rimligt.",
        benefit: "Sparar en halv arbetsdag per chef i april.",
        services: &["LON"],
    },
    RequestSeed {
        customer: "SBN-BYG",
        kind: "improvement_suggestion",
        title: "Varna redan vid uppladdning om ritningen saknar skala",
        description: "Fotografier av ritningar på köksbordet går inte att mäta i. En kontroll av filtyp och skalstock \
            kan be den sökande försöka igen.",
        benefit: "Färre kompletteringsrundor.",
        services: &["BYGGLOV", "ETJANST"],
    },
    RequestSeed {
        customer: "SOC",
        kind: "improvement_suggestion",
        title: "Bunta utbetalningsbeskeden i en fil före bankstopp",
        description: "Assistenten skickar i nuläget sexton filer som alla ska attesteras för sig. En fil per dag \
            skulle halvera arbetet och minska risken att någon missas.",
        benefit: "",
        services: &["EKONOMI", "VARDOMS"],
    },
    RequestSeed {
        customer: "SBN-BYG",
        kind: "requirement",
        title: "Grannehörande ska sparas med bevis om mottagande",
        description: "Länsstyrelsen upphävde ett beslut eftersom vi inte kunde visa att grannen fått brevet. \
            Kvittensen ska ligga på ärendet oavsett om utskicket var digitalt eller på papper.",
        benefit: "",
        services: &["BYGGLOV", "DIARIUM"],
    },
    RequestSeed {
        customer: "LEAB",
        kind: "requirement",
        title: "Driftnätet ska vara helt skilt från kontorsnätet",
        description: "Cybersäkerhetslagen ställer krav på segmentering för samhällsviktig verksamhet. Vid genomgången \
            fanns tre öppna vägar mellan nätstationernas styrning och vanliga datorer.",
        benefit: "",
        services: &["NATVERK"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "improvement_suggestion",
        title: "Stäng avgångselevernas konton vid terminens slut",
        description: "Förra året låg niornas konton kvar till november och användes av yngre syskon. Koppla avslutet \
            till utskrivningsdatumet i elevregistret.",
        benefit: "",
        services: &["IDENTITET", "ELEVREG"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "improvement_suggestion",
        title: "Visa lediga tider som färgad kalender i stället för lista",
        description: "Den som letar tid en tisdag får skrolla förbi tvåhundra rader. En veckovy i grönt och grått \
            förstår alla.",
        benefit: "",
        services: &["BOKNING"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "wish",
        title: "Lånedator medan elevens egen är på lagning",
        description: "En trasig skärm innebär ofta tre veckor utan dator. Vi tänker oss tio maskiner i en pool per \
            skola som eleven kan logga in på direkt.",
        benefit: "Ingen elev halkar efter på grund av en reparation.",
        services: &["ARBPLATS"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "improvement_suggestion",
        title: "Mörkt läge i planeringsappen för nattpatrullen",
        description: "Den vita skärmen bländar både personalen och den som ligger vaken i sängen. Låt färgerna växla \
            efter klockan nio.",
        benefit: "",
        services: &["HEMPLAN", "MOBIL"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "wish",
        title: "Videosamtal mellan boende och anhöriga på annan ort",
        description: "Personalen lånar ut sina privata telefoner för att mormor ska få se barnbarnen. En tålig platta \
            per avdelning med stora knappar vore guld värd.",
        benefit: "Bryter ensamhet till låg kostnad.",
        services: &["NATVERK", "ARBPLATS"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "wish",
        title: "Anhöriga vill se när nästa besök är planerat",
        description: "Döttrar och söner ringer planerarna för att höra om mamma fått sin dusch. Med den enskildes \
            medgivande kunde de själva se dagens insatser.",
        benefit: "Planerarna slipper ungefär trettio samtal om dagen.",
        services: &["HEMPLAN"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "wish",
        title: "Meröppet bibliotek i Norrby med lånekort som nyckel",
        description: "Byalaget vill kunna använda lokalen från sju på morgonen till tio på kvällen. Dörr, belysning \
            och larm behöver prata med låntagarregistret.",
        benefit: "Dubblad öppettid utan mer personal.",
        services: &["BIBLIO", "NATVERK"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "improvement_suggestion",
        title: "Se över licenser för konton där ingen har loggat in på ett halvår",
        description: "Vid bokslutet hittade vi över hundra konton som belastar oss varje månad utan att användas. En \
            kvartalsvis lista till respektive chef borde vara enkel att ta fram.",
        benefit: "Uppskattningsvis 180 000 kronor om året.",
        services: &["IDENTITET", "EKONOMI"],
    },
    RequestSeed {
        customer: "LBAB",
        kind: "complaint",
        title: "Vi vet inte vem hos IT vi ska vända oss till",
        description: "Sedan bolaget gick in i den gemensamma driften har vi fått tre olika namn och lika många besked. \
            Vi betalar för tjänsterna men saknar en utsedd kontakt.",
        benefit: "",
        services: &["EPOST", "ARBPLATS"],
    },
    RequestSeed {
        customer: "LEAB",
        kind: "wish",
        title: "Larm vid onormal nattförbrukning i vattennätet",
        description: "Läckan vid Kvarnbacken pågick i tolv dagar innan någon såg det på pumparna. Jämför nattflödet \
            per zon mot föregående veckor och larma jouren.",
        benefit: "Minskat svinn och färre vattenskador.",
        services: &["MATDATA"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "improvement_suggestion",
        title: "Visa ledig personal i grannhuset innan vikarie rings in",
        description: "Björkhaga kan ha en person över samma kväll som Solgläntan ringer efter folk. Om enheterna ser \
            varandras scheman löser det sig ofta på plats.",
        benefit: "Lägre övertidskostnad.",
        services: &["BEMANNING"],
    },
    RequestSeed {
        customer: "LBAB",
        kind: "improvement_suggestion",
        title: "Husvärden borde se pågående felanmälningar vid porten",
        description: "I dag ringer husvärden kontoret för varje fastighet. Om anmälningarna sorteras efter adress kan \
            flera lagas under samma besök.",
        benefit: "Kortare väntan för hyresgästerna.",
        services: &["FAST", "MOBIL"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "requirement",
        title: "Digitala nationella prov kräver låst provläge på alla elevdatorer",
        description: "Skolverket ställer krav på att eleven inte kan lämna provet eller nå andra program. Samtliga \
            datorer i årskurs sex och nio måste vara kontrollerade före påsklovet.",
        benefit: "Proven kan genomföras.",
        services: &["ARBPLATS", "NATVERK", "IDENTITET"],
    },
    RequestSeed {
        customer: "SOC",
        kind: "wish",
        title: "Familjehemmen vill redovisa sina omkostnader digitalt",
        description: "Månadsredovisningen kommer som brev och skrivs av på kontoret. Ett formulär med kvittobilder \
            skulle ge ersättningen redan på nästa körning.",
        benefit: "Lättare att behålla bra familjehem.",
        services: &["ETJANST", "EKONOMI"],
    },
    RequestSeed {
        customer: "SBN",
        kind: "improvement_suggestion",
        title: "Slå ihop de tre adresslistorna för remissutskick",
        description: "Plan, miljö och gata har var sin lista över myndigheter och föreningar, alla delvis inaktuella. \
            En gemensam lista i diariet kan skötas av registrator.",
        benefit: "Remisserna når rätt mottagare.",
        services: &["EPOST", "DIARIUM"],
    },
    RequestSeed {
        customer: "SOC",
        kind: "wish",
        title: "Arbetsledarens tavla över väntande orosanmälningar",
        description: "Just nu för gruppledaren en egen lista vid sidan av systemet. Vi önskar en tavla som visar vilka \
            anmälningar som är nya, fördelade eller nära sin tidsgräns.",
        benefit: "",
        services: &["VARDOMS"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "wish",
        title: "Talsyntes på elevdatorerna redan från årskurs ett",
        description: "Specialpedagogerna får i dag begära programmet elev för elev. Om det finns förinstallerat kan \
            läraren prova utan att någon behöver pekas ut.",
        benefit: "Tidigare stöd till elever med lässvårigheter.",
        services: &["ARBPLATS"],
    },
    RequestSeed {
        customer: "LEAB",
        kind: "requirement",
        title: "Behörighet till ledningskartan efter säkerhetsskyddsklass",
        description: "Hela vattennätet kan ses av alla med kartkonto, även inhyrda. Huvudledningar och reservoarer får \
            bara visas för dem som är placerade i säkerhetsklass.",
        benefit: "Skyddsvärd information stannar inom bolaget.",
        services: &["GIS"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "wish",
        title: "Läkemedel signeras i telefonen på alla avdelningar",
        description: "Piloten på Solgläntan halverade antalet missade doser. Nu vill övriga sex boenden komma med \
            innan sommaren.",
        benefit: "Säkrare läkemedelshantering.",
        services: &["VARDOMS", "MOBIL"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "complaint",
        title: "Utlåningsautomaten läser inte äldre lånekort",
        description: "Sedan programbytet i oktober måste pensionärer med gamla kort stå i kö till disken. Vi lovades \
            att alla kort skulle fungera.",
        benefit: "",
        services: &["BIBLIO"],
    },
    RequestSeed {
        customer: "SOC",
        kind: "requirement",
        title: "Socialstyrelsens statistik i det nya filformatet",
        description: "Från mars tar myndigheten bara emot den nya posttypen för insatser till vuxna. Testleverans ska \
            vara gjord i januari.",
        benefit: "",
        services: &["VARDOMS"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "wish",
        title: "Skolskjutsansökan som visar avståndet på karta",
        description: "Vårdnadshavare ringer för att få veta om de har rätt till skolskjuts innan de söker. Om \
            avståndet mellan hem och skola räknas ut direkt slipper vi många avslag.",
        benefit: "Färre ansökningar som ändå måste avslås.",
        services: &["ETJANST", "ELEVREG"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "complaint",
        title: "Larmtelefonerna på Björkhaga tappar kontakten i hissen",
        description: "Vid tre tillfällen har personal stått i hissen medan en boende larmat förgäves. Felet anmäldes i \
            september och bara mätningar har gjorts sedan dess.",
        benefit: "",
        services: &["LARM", "NATVERK", "MOBIL"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "requirement",
        title: "Gallring av inkommen post enligt den nya informationshanteringsplanen",
        description: "Kommunstyrelsen har antagit kortare gallringsfrister för meddelanden av tillfällig betydelse. \
            Registratorsbrevlådan och diariet behöver ställas in så att det sker utan handpåläggning.",
        benefit: "Färre onödiga personuppgifter sparas.",
        services: &["DIARIUM", "EPOST"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "requirement",
        title: "Genomförandeplanerna ska byggas på livsområdena i IBIC",
        description: "Nämnden har beslutat att biståndsbedömning och planering ska tala samma språk. Fälten i planen \
            behöver bytas ut och gamla texter föras över.",
        benefit: "Hela kedjan från beslut till utförande går att följa.",
        services: &["VARDOMS"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "improvement_suggestion",
        title: "Färdiga svarsmallar när någon begär ut allmän handling",
        description: "Registratorerna skriver samma följebrev flera gånger om dagen. Med ett tiotal mallar som hämtar \
            diarienummer och datum går utlämnandet på en minut.",
        benefit: "Snabbare svar till allmänhet och press.",
        services: &["DIARIUM"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "improvement_suggestion",
        title: "Dela upp introduktionen för vikarier i korta filmer",
        description: "Genomgången på två timmar är bortglömd när första helgen kommer. Filmer på tre minuter om lås, \
            larm och avvikelser kan ses i bilen.",
        benefit: "Färre frågor till jouren under semestrarna.",
        services: &["BEMANNING", "HEMPLAN"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "wish",
        title: "Larmhistorik per lägenhet till enhetscheferna",
        description: "När någon larmar oftare än vanligt är det ofta första tecknet på försämring. Vi skulle gärna se \
            antal och svarstid vecka för vecka.",
        benefit: "",
        services: &["LARM"],
    },
    RequestSeed {
        customer: "LBAB",
        kind: "requirement",
        title: "Besiktningsbilder ska sparas per lägenhet i minst tio år",
        description: "Hyresnämnden godtog inte våra bilder eftersom datum och rum saknades. Besiktningsmannen ska ta \
            dem i telefonen så att de hamnar på rätt objekt.",
        benefit: "Vi kan styrka skador vid avflyttning.",
        services: &["FAST", "MOBIL"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "requirement",
        title: "Elever med skyddad identitet ska ha alias i alla system",
        description: "Namnet byts manuellt och läcker tillbaka vid nattens synkronisering. Ett fel här kan få mycket \
            allvarliga följder för barnet.",
        benefit: "",
        services: &["LARPLATT", "ELEVREG", "IDENTITET"],
    },
    RequestSeed {
        customer: "LEAB",
        kind: "complaint",
        title: "Våra kundbrev fastnar i kommunens skräppostfilter",
        description: "Offerter och driftinformation från bolaget når inte kollegerna på förvaltningarna. Felet har \
            lagats två gånger och återkommit efter varje filteruppdatering.",
        benefit: "",
        services: &["EPOST"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "wish",
        title: "Läsa bakgrunden till larmet innan man kör ut",
        description: "Nattpatrullen vet ofta bara adressen när de ger sig iväg. Viktiga upplysningar som \
            blodförtunnande medicin eller hund i hallen bör synas i larmet.",
        benefit: "Rätt utrustning med från början.",
        services: &["LARM", "VARDOMS"],
    },
    RequestSeed {
        customer: "SBN-BYG",
        kind: "requirement",
        title: "Tioveckorsfristen ska räknas från komplett ansökan",
        description: "Systemet startar klockan när ärendet skapas och vi har därför betalat tillbaka avgifter i \
            onödan. Datum för fullständiga handlingar måste styra både frist och avgiftsreduktion.",
        benefit: "Avgifter sätts ned bara när lagen kräver det.",
        services: &["BYGGLOV"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "requirement",
        title: "Ishallens styrdator får inte ligga på det öppna nätet",
        description: "Vid säkerhetsgenomgången gick kylanläggningen att nå från kafeterians trådlösa nät. Ett eget \
            avskilt segment ska vara på plats innan säsongen.",
        benefit: "",
        services: &["NATVERK"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "wish",
        title: "Anställningsavtal som undertecknas med e-legitimation",
        description: "Chefer skriver ut, skriver under, skannar och postar varje avtal. Under sommaren handlar det om \
            närmare fyrahundra vikarier som ska hinna skriva på innan första passet.",
        benefit: "Minst en kvarts arbete sparas per anställning.",
        services: &["ESIGN", "LON"],
    },
    RequestSeed {
        customer: "LEAB",
        kind: "wish",
        title: "Timvärden för vatten på Mina sidor",
        description: "Nya mätare skickar värden varje timme men kunden ser bara årsförbrukningen. Med finare \
            upplösning hittar de själva en rinnande toalett.",
        benefit: "Lägre förbrukning torra somrar.",
        services: &["MATDATA", "ETJANST"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "requirement",
        title: "Stark inloggning i telefonen utan kort och läsare",
        description: "Kraven på patientuppgifter gäller även i fält, men kortläsarna går sönder i fickan. En godkänd \
            e-legitimation för anställda ska finnas före årets tillsyn.",
        benefit: "",
        services: &["IDENTITET", "MOBIL"],
    },
    RequestSeed {
        customer: "SBN",
        kind: "improvement_suggestion",
        title: "Gör storformatsskrivaren bokningsbar",
        description: "På torsdagar står tre avdelningar i kö med ritningar till samråd. Lägg maskinen som en resurs i \
            kalendern.",
        benefit: "",
        services: &["UTSKRIFT", "EPOST"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "wish",
        title: "Låt föreningar byta halltid med varandra",
        description: "När handbollen har bortamatch står hallen tom fast bordtennisen gärna kommer. Ett byte som båda \
            lagledarna godkänner borde inte behöva gå genom oss.",
        benefit: "Fler timmar idrott i samma hallar.",
        services: &["BOKNING"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "complaint",
        title: "Skolvalet gick inte att skicka in sista kvällen",
        description: "Från klockan sju möttes föräldrarna av en vit sida och vi fick förlänga ansökningstiden med tre \
            dagar. Belastningen var väntad och vi hade flaggat för den redan i november.",
        benefit: "",
        services: &["ETJANST", "ELEVREG"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "requirement",
        title: "Simhallens kassa måste bokföra varje köp med rätt moms",
        description: "Bad, gym och kiosk har olika momssatser men redovisas som en klumpsumma. Revisorn kräver \
            uppdelning per dag från och med nästa räkenskapsår.",
        benefit: "Ren revision.",
        services: &["EKONOMI", "BOKNING"],
    },
    RequestSeed {
        customer: "LEAB",
        kind: "improvement_suggestion",
        title: "Mätarbytet i ett formulär i stället för på protokollblock",
        description: "Montören skriver slutställning för hand och kontoret tolkar siffrorna. Fota den gamla mätaren, \
            skanna den nya och skicka.",
        benefit: "Rätt startvärde på första fakturan.",
        services: &["MATDATA", "MOBIL"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "wish",
        title: "Nattillsyn med kamera för den som önskar det",
        description: "Flera boende vaknar när vi öppnar dörren och har svårt att somna om. Kameratillsyn med samtycke \
            gör att vi bara går in när det behövs.",
        benefit: "Bättre sömn och färre fall.",
        services: &["LARM", "NATVERK"],
    },
    RequestSeed {
        customer: "LBAB",
        kind: "wish",
        title: "Tvättstugan bokas på hyresgästens egen sida",
        description: "Cylindrarna på bokningstavlan försvinner och grannar bråkar om tiderna. Inloggningen för \
            felanmälan skulle kunna användas till detta också.",
        benefit: "",
        services: &["FAST", "ETJANST"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "complaint",
        title: "Projektorerna i nya flygeln hittar inte lärarnas datorer",
        description: "Invigningen var i augusti och fortfarande fungerar bara fyra av tolv klassrum. Leverantören och \
            ni hänvisar till varandra medan lärarna står med kablar.",
        benefit: "",
        services: &["ARBPLATS", "NATVERK"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "improvement_suggestion",
        title: "Ett enda underlag när vi ersätter andra kommuner för elever",
        description: "Interkommunal ersättning räknas fram ur tre listor som sällan stämmer överens. Sätt ihop dem i \
            ett underlag med pris, period och elevantal.",
        benefit: "Färre tvister om fakturor.",
        services: &["EKONOMI", "ELEVREG"],
    },
    RequestSeed {
        customer: "LEAB",
        kind: "wish",
        title: "Flyttanmälan som visar slutfakturan direkt",
        description: "Den som flyttar vill göra klart allt på en gång. Hämta mätarställningen på utflyttningsdagen och \
            ge kunden ett belopp redan i anmälan.",
        benefit: "",
        services: &["ETJANST", "EKONOMI", "MATDATA"],
    },
    RequestSeed {
        customer: "SBN-BYG",
        kind: "wish",
        title: "Mäta och anteckna direkt i inskickade ritningar",
        description: "Granskningen görs med linjal på utskrifter som sedan skannas tillbaka. Verktyg för mått, moln \
            och kommentarer i filen skulle ta bort pappret helt.",
        benefit: "Två dagar kortare handläggning.",
        services: &["BYGGLOV", "ARBPLATS"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "wish",
        title: "Gästnät till de boende på Solgläntan",
        description: "De som flyttar in nu är vana vid att läsa tidningen på plattan. Varje hyresgäst tecknar eget \
            abonnemang fast väggarna är fulla av kommunens utrustning.",
        benefit: "Lägre kostnad för pensionärerna.",
        services: &["NATVERK"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "requirement",
        title: "Krisledningens telefoner ska fungera under ett dygns strömavbrott",
        description: "Enligt risk- och sårbarhetsanalysen måste krisledningsstaben kunna nås även när elnätet ligger \
            nere i hela centralorten. Övningen i höstas visade att telefonerna dog efter fyra timmar.",
        benefit: "Vi uppfyller vår egen krisplan.",
        services: &["MOBIL", "NATVERK"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "wish",
        title: "Elevprognos per upptagningsområde tio år framåt",
        description: "Lokalplaneringen bygger på kalkylblad som bara en person förstår. Vi önskar en prognos som \
            hämtar folkbokföring och planerad bostadsbyggnation.",
        benefit: "Vi undviker att bygga skolor på fel plats.",
        services: &["ELEVREG", "EKONOMI"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "requirement",
        title: "Webbplatsen måste klara en tillgänglighetsgranskning före sommaren",
        description: "Vid stickprovet fick vi anmärkning på kontraster, tomma länktexter och pdf:er utan struktur. \
            Bristerna ska vara åtgärdade innan tillsynsmyndigheten återkommer i juni.",
        benefit: "",
        services: &["WEBB"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "improvement_suggestion",
        title: "Märk laddvagnarna så att datorerna hamnar på rätt plats",
        description: "Vagn tre på Västerängsskolan innehåller sedan länge datorer från fyra klasser. Färgkoder och \
            numrerade fack löser det billigt.",
        benefit: "",
        services: &["ARBPLATS"],
    },
    RequestSeed {
        customer: "SOC-VO",
        kind: "requirement",
        title: "Obesvarat larm ska gå vidare till nästa telefon inom en minut",
        description: "Vid en avvikelse i mars låg larmet kvar hos en kollega som var upptagen med annan hjälp. Kedjan \
            ska vara minst tre steg och sluta hos sjuksköterskan.",
        benefit: "Ingen blir liggande utan hjälp.",
        services: &["LARM", "MOBIL"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "improvement_suggestion",
        title: "Byt ordning på besök genom att dra dem i listan",
        description: "För att flytta ett besök en halvtimme måste man avboka, söka och lägga in det på nytt. Drag och \
            släpp finns i de flesta kalendrar.",
        benefit: "Planerarna hinner med akuta ändringar.",
        services: &["HEMPLAN"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "complaint",
        title: "Sporthallen dubbelbokades på luciamorgonen",
        description: "Skolans luciatåg och en innebandycup hade båda bekräftelse på samma timmar. Vi vill veta hur \
            systemet kunde godkänna det.",
        benefit: "",
        services: &["BOKNING"],
    },
    RequestSeed {
        customer: "SOC",
        kind: "wish",
        title: "Beställa tolk inifrån ärendet",
        description: "Bokningen sker på en fristående sida där språk och tid skrivs in ännu en gång. Skapa \
            beställningen från akten så att fakturan också får rätt referens.",
        benefit: "Färre uteblivna tolkar.",
        services: &["VARDOMS"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "wish",
        title: "Enkla nyckeltal till nämnden inför budgetdialogen",
        description: "Politikerna vill kunna jämföra kostnad per elev och behörighet till gymnasiet mellan enheterna. \
            Det räcker med fem diagram som uppdateras varje månad.",
        benefit: "",
        services: &["ELEVREG", "EKONOMI"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "wish",
        title: "Introduktionen av nyanställda ska sätta igång av sig själv",
        description: "När ett avtal registreras vill vi att dator, passerkort och mentor beställs utan att chefen \
            behöver minnas det. Idag börjar var femte nyanställd utan fungerande inloggning.",
        benefit: "Nyanställda kommer igång första dagen.",
        services: &["LON", "ARBPLATS"],
    },
    RequestSeed {
        customer: "SBN-BYG",
        kind: "wish",
        title: "Nybygget i tre dimensioner mot befintliga hus",
        description: "Nämnden har svårt att läsa fasadritningar när höjd och skugga diskuteras. Modellen som \
            arkitekten ändå gjort borde kunna läggas in i stadsmodellen.",
        benefit: "",
        services: &["GIS", "BYGGLOV"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "improvement_suggestion",
        title: "Rensa bland de dubbla rubrikerna i personalhandboken",
        description: "Friskvård, hälsa och förmåner beskrivs på tre olika ställen med olika belopp. Vi kan skriva om \
            texterna om ni hjälper oss att bygga en ny sidstruktur.",
        benefit: "Chefer hittar rätt regel direkt.",
        services: &["WEBB"],
    },
    RequestSeed {
        customer: "SOC",
        kind: "requirement",
        title: "Månatlig loggkontroll av vem som öppnat akter",
        description: "Dataskyddsombudet har förelagt nämnden att granska minst två procent av slagningarna. Urvalet \
            ska vara slumpmässigt och gå till närmaste chef.",
        benefit: "",
        services: &["VARDOMS", "IDENTITET"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "wish",
        title: "Påminnelser i kalendern om årets medarbetar- och lönesamtal",
        description: "Vi ser i uppföljningen att samtalen klumpar ihop sig i mars. Förslag på tider som läggs ut i \
            chefens kalender från januari vore till hjälp.",
        benefit: "",
        services: &["EPOST", "LON"],
    },
    RequestSeed {
        customer: "SBN-BYG",
        kind: "wish",
        title: "Sökande ska själva kunna se var deras bygglov ligger",
        description: "Frågan ”Vad händer med mitt ärende?” upptar vår telefontid varje dag. Visa steg, handläggare och \
            vad vi väntar på.",
        benefit: "Handläggarna får arbetsro.",
        services: &["ETJANST", "BYGGLOV"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "improvement_suggestion",
        title: "Påminn låntagaren två dagar före återlämning",
        description: "Efter att påminnelsen togs bort har försenade böcker ökat med en tredjedel. Ett kort sms i god \
            tid är vänligare än ett krav efteråt.",
        benefit: "Fler böcker på hyllan.",
        services: &["BIBLIO"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "improvement_suggestion",
        title: "Begripligare felmeddelande när tidrapporten krockar med schemat",
        description: "Texten ”Konflikt 4711” säger ingenting om vilken dag eller vilket pass som är fel. Skriv ut \
            datum, klockslag och vad medarbetaren förväntas göra.",
        benefit: "",
        services: &["LON", "BEMANNING"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "improvement_suggestion",
        title: "Sökningen på intranätet visar nedlagda blanketter först",
        description: "Den som söker på reseräkning hamnar på en blankett som slutade gälla för tre år sedan. Låt \
            ämnesägarna avpublicera själva och vikta färska sidor högre.",
        benefit: "",
        services: &["WEBB"],
    },
    RequestSeed {
        customer: "BUN-GR",
        kind: "complaint",
        title: "Kopiatorn på Västerängsskolan har stått trasig i en månad",
        description: "Tre tekniker har varit här och beställt samma del. Under tiden kopierar vi provhäften på \
            kommunhuset.",
        benefit: "",
        services: &["UTSKRIFT"],
    },
    RequestSeed {
        customer: "KFN",
        kind: "improvement_suggestion",
        title: "Nollställ de publika datorerna mellan varje besökare",
        description: "Vi hittar ofta öppna brevlådor och sparade lösenord efter föregående person. En omstart som \
            rensar allt tar bara en minut.",
        benefit: "Ingen lämnar sin bank öppen åt nästa.",
        services: &["ARBPLATS"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "wish",
        title: "Lönespecifikation på lättläst svenska och engelska",
        description: "Många av våra timavlönade förstår inte raderna på specifikationen och ringer löneenheten. \
            Förklarande rubriker på två språk skulle minska frågorna.",
        benefit: "",
        services: &["LON"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "complaint",
        title: "Morgonens turer var tomma fyra dagar i rad",
        description: "Planeringen som sparats kvällen innan visades inte i telefonerna förrän vid halv tio. Grupperna \
            fick dela upp besöken ur minnet, och två frukostar uteblev.",
        benefit: "",
        services: &["HEMPLAN"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "complaint",
        title: "OB-tillägget saknades på decemberlönen för nattpersonalen",
        description: "Ett sextiotal medarbetare fick fel lön strax före jul och rättelsen dröjde till slutet av \
            januari. Facket har begärt en förklaring av vad som hände i överföringen.",
        benefit: "",
        services: &["LON"],
    },
    RequestSeed {
        customer: "LEAB",
        kind: "requirement",
        title: "Kvartsvärden för el till avräkningen",
        description: "Ändrade regler innebär att insamlingen ska gå från timme till kvart för samtliga uttagspunkter. \
            Lagring och kvalitetskontroll måste klara fyra gånger så många värden.",
        benefit: "Bolaget uppfyller villkoren i nätkoncessionen.",
        services: &["MATDATA"],
    },
    RequestSeed {
        customer: "KLK-HR",
        kind: "requirement",
        title: "Lönekartläggningen ska kunna tas ut per befattning och kön",
        description: "Diskrimineringslagen kräver årlig kartläggning och i år tog det tre veckor att klippa ihop \
            siffrorna. Underlaget ska gå att hämta färdigt per den första oktober.",
        benefit: "Vi klarar lagkravet utan konsultstöd.",
        services: &["LON"],
    },
    RequestSeed {
        customer: "KLK",
        kind: "complaint",
        title: "Skrivarna på plan tre tappar kön flera gånger i veckan",
        description: "Efter flytten till nya våningen försvinner utskrifter utan att något fel syns. \
            Sekretesshandlingar har kommit ut långt senare när någon annan stått vid maskinen.",
        benefit: "",
        services: &["UTSKRIFT"],
    },
    RequestSeed {
        customer: "SBN",
        kind: "requirement",
        title: "Livsmedelskontrollen ska debiteras i efterhand per timme",
        description: "Den nya taxan bygger på faktisk kontrolltid och fast årsavgift tas bort. Inspektörens tid måste \
            kunna gå från tillsynsärendet till fakturan.",
        benefit: "",
        services: &["EKONOMI", "DIARIUM"],
    },
    RequestSeed {
        customer: "BUN",
        kind: "improvement_suggestion",
        title: "Korta ner blanketten för modersmålsundervisning",
        description: "Av tjugotvå frågor används bara sju vid beslutet. Resten avskräcker familjer som inte är vana \
            vid svenska formulär.",
        benefit: "Fler barn får den undervisning de har rätt till.",
        services: &["ETJANST"],
    },
    RequestSeed {
        customer: "SOC-VO-HEM",
        kind: "wish",
        title: "Restider som räknar med cykel och inte bara bil",
        description: "I centrum cyklar vi mellan besöken men planeringen lägger in bilväg och parkering. Det ger \
            luckor på förmiddagen och stress till lunch.",
        benefit: "",
        services: &["HEMPLAN"],
    },
];

/// Why a request goes no further: the first four as a destination declines it, the next four as the team dismisses
/// it (two that are met already, two out of scope), the last four as the customer withdraws it.
pub const REASONS: &[&str] = &[
    "Ryms inte i årets budget; vi prövar det igen inför nästa verksamhetsplan.",
    "Nyttan bedöms för liten i förhållande till kostnaden för anpassning och förvaltning.",
    "Leverantören avvecklar den del som skulle byggas ut, och vi investerar inte mer i den.",
    "Förslaget förutsätter ett rättsligt ställningstagande som ännu inte finns.",
    "Funktionen finns redan; teamet har visat användarna var och hur den nås.",
    "Behovet täcks av den nya version som togs i drift i förra månaden.",
    "Frågan ligger utanför IT-verksamhetens uppdrag och har lämnats till den förvaltning som äger den.",
    "Ansvaret vilar på en annan huvudman, och vi har förmedlat kontakten.",
    "Verksamheten har ändrat sitt arbetssätt och behöver inte längre detta.",
    "Vi avvaktar den upphandling som ändå kommer att ge oss en bättre lösning.",
    "Ärendet har lagts in två gånger; vi håller oss till det andra.",
    "Nämnden har prioriterat om, så vi återkommer när det finns pengar och folk.",
];

/// How an accepted request will be done.
pub const PLANS: &[&str] = &[
    "Förstudie i två veckor, därefter beslut tillsammans med kunden om omfattningen.",
    "Införs stegvis: först en pilot på en enhet, sedan övriga när piloten är utvärderad.",
    "Ingår i leverantörens nästa versionssläpp; vi testar i fyra veckor innan det går i drift.",
    "Konfigureras av tjänsteansvarig och provas med två nyckelanvändare före driftsättning.",
    "Beställs som tillägg på gällande avtal, med utbildning av superanvändare i samband med starten.",
    "Utvecklas under kvartalet med avstämning varannan vecka och demonstration för hela kundgruppen.",
    "Samordnas med den planerade uppgraderingen så att det bara blir ett driftstopp.",
    "Löses tillfälligt med en manuell rutin nu, medan den bestående lösningen tas fram till hösten.",
    "Teknisk genomgång på plats, därefter inköp och installation inom sex veckor.",
    "Ny integration byggs och körs parallellt med den gamla under en månad innan vi byter helt.",
];

/// Answers to complaints.
pub const ANSWERS: &[&str] = &[
    "Ni har rätt, detta fungerade inte som vi lovat. Felet är rättat, och vi följer det dagligen i två veckor framåt.",
    "Vi beklagar det inträffade. Orsaken var en ändring som inte hade provats tillräckligt; numera krävs godkänt test \
     innan något sådant tas i drift.",
    "Tack för att ni sa ifrån. Vi har gått igenom händelsen med leverantören och fått en skriftlig åtgärdsplan, som vi \
     redovisar på nästa kundmöte.",
    "Vår information till er brast. Från och med nu får ni driftmeddelanden i förväg, och en namngiven person hos oss \
     svarar på frågor.",
    "Problemet berodde på att två system hade olika uppgifter. De stäms nu av varje natt och avvikelser går till \
     tjänsteansvarig samma morgon.",
    "Handläggningen tog alldeles för lång tid hos oss. Ärendet hade fastnat mellan två grupper, så vi har gett en av \
     dem hela ansvaret.",
    "Utrustningen är utbytt och kontrollerad på plats tillsammans med er personal. Hör av er genast om felet visar sig \
     igen.",
    "Vi förstår att detta ställde till det i ert arbete. Kapaciteten har utökats och nästa belastningstopp bevakas av \
     extra personal.",
    "En genomgång visar att vi inte nådde den avtalade nivån. Det redovisas i kvartalets uppföljning och påverkar den \
     avgift ni betalar.",
    "Felet kunde uppstå för att en kontroll var avstängd. Den är påslagen igen, och vi har gått igenom alla poster som \
     kan ha påverkats.",
    "Den snabba lösningen är på plats sedan i går. En varaktig rättelse kommer i nästa version, och vi återkopplar när \
     datumet är bestämt.",
    "Vi har träffat era representanter och kommit överens om en ny rutin. Den utvärderas vid nästa kundmöte, där ni \
     avgör om ni är nöjda.",
];

/// Comments from team and customer.
pub const COMMENTS: &[&str] = &[
    "Ringde och bad om ett par exempel; de skickar skärmbilder i veckan.",
    "Liknar något som en annan förvaltning tagit upp, värt att titta på dem tillsammans.",
    "Kan vi få veta ungefär hur många medarbetare som berörs?",
    "Tjänsteansvarig uppskattar arbetet till cirka åtta dagar.",
    "Togs upp på kundmötet, och behovet är lika stort fortfarande.",
    "Leverantören svarar att möjligheten finns men kostar extra per användare.",
    "Vi har pratat ihop oss i ledningsgruppen: det här står högst på vår lista.",
    "Väntar på besked från informationssäkerhetssamordnaren.",
    "Bra beskrivet, jag har inget att lägga till.",
    "Dataskyddsombudet vill se en konsekvensbedömning innan vi går vidare.",
    "Skulle det hjälpa om vi ordnar en visning för er på plats?",
    "Ja tack, gärna en tisdag eller torsdag förmiddag.",
    "Prisuppgiften gäller till sista april, så vi behöver bestämma oss före dess.",
    "Provade i testmiljön i dag och det ser lovande ut.",
    "Har någon räknat på vad det kostar att låta bli?",
    "Nu har vi även hört från facket, som är positiva.",
    "Flyttar frågan till nästa avstämning eftersom halva gruppen är sjuk.",
    "Kom ihåg att manualen måste uppdateras samtidigt.",
    "Vi ställer gärna upp som testgrupp om det behövs.",
    "Jag tar över bevakningen av ärendet medan kollegan är ledig.",
];
