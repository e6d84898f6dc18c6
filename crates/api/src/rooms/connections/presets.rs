//! Mappings to begin with, each made from what the product's own documentation says that it sends.
use actix_web::get;
use domain::vocabulary::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Call, Problem, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes.service(list_connection_presets);
}

/// A preset as it stands here.
pub struct Preset {
    key: &'static str,
    product: &'static str,
    yields: &'static str,
    setup: &'static str,
    program: &'static str,
}

macro_rules! presets {
    ($($key:literal $product:literal $yields:literal $setup:literal;)*) => {
        /// Every preset there is.
        pub const PRESETS: &[Preset] = &[$(Preset {
            key: $key,
            product: $product,
            yields: $yields,
            setup: $setup,
            program: include_str!(concat!("presets/", $key, ".jq")),
        }),*];
    };
}

presets! {
    "zammad" "Zammad"
        "Tickets of the types Incident and Problem become cases, all others wishes (Request for Change: requirements)."
        "Make a webhook (Manage, Webhook) with this address and the default payload, and a trigger that calls it when a ticket is created or updated. HMAC: header X-Hub-Signature, sha1, hex, prefix sha1=. References: a customer by the name of its organisation in Zammad, a service by the name of the group.";
    "glpi" "GLPI 11"
        "Tickets of the type incident become cases, requests become wishes."
        "Make webhooks (Setup, Webhooks) for the itemtype Ticket and the events New and Update, with this address and the default payload. HMAC: header X-GLPI-signature, sha256, hex, timestampHeader X-GLPI-timestamp. References: a customer by the name of its entity in GLPI, a service by the name of the category.";
    "itop" "iTop 3"
        "User requests of the request type incident become cases, service requests become wishes."
        "Make a remote application connection with this address, and a generic webhook action with the payload that the guide for integrators prints, called by triggers on creation and update of UserRequest. Authentication: bearer or basic, as a header of the connection. References: a customer by org_name, a service by service_name.";
    "jira" "Jira Service Management"
        "Issues of a type whose name holds Incident or Problem become cases, all others wishes."
        "Make a webhook (System, WebHooks) with this address for the events issue created and issue updated, and a secret. HMAC: header X-Hub-Signature, sha256, hex, prefix sha256=. References: a customer by the name of the first organisation of the issue (else its project's key), a service by the name of the first component (else the project's key).";
    "servicenow" "ServiceNow"
        "Records of the table incident become cases, of sc_req_item wishes."
        "Make a REST message with this address, and a business rule after insert and update that sends the record's fields with their display values, as the guide for integrators prints it. Authentication: basic or bearer. References: a customer by the display value of company, a service by that of business_service.";
    "topdesk" "TOPdesk"
        "Calls of the type Incident or Storing become cases, all others wishes."
        "Make an action sequence with a HTTP request to this address on creation and change of incidents, with the body that the guide for integrators prints. Authentication: basic. References: a customer by the name of the caller's branch, a service by the name of the category.";
    "znuny" "Znuny 6.5"
        "Tickets of the types Incident and Problem become cases, all others wishes."
        "Make a web service as requester over HTTP::REST with this address and an invoker Ticket::Generic for the events TicketCreate, TicketStateUpdate, TicketTitleUpdate and TicketPriorityUpdate. Authentication: basic. References: a customer by its CustomerID, a service by the ticket's service (else its queue).";
    "zabbix" "Zabbix 7"
        "Problems become outages, which end when the problem does."
        "Make a media type of the kind webhook with the parameters and the script that the guide for integrators prints, and an action that uses it for problem and recovery. Authentication: bearer. References: a service by the value of the problem's tag service; without that tag nothing is taken in.";
    "alertmanager" "Prometheus Alertmanager"
        "Alerts with a label service become outages, which end when the alert does."
        "Make a receiver with a webhook_configs url of this address and send_resolved true. Authentication: bearer or basic by http_config. References: a service by the value of the label service, a customer by that of the label customer, where there is one.";
}

/// The preset with this key.
pub fn named(key: &Slug) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.key == key.as_str())
}

impl Preset {
    /// Its mapping, to be copied.
    pub fn mapping(&self) -> Result<MappingText, Problem> {
        self.program.trim_end().parse().map_err(Problem::internal)
    }
}

/// A mapping to begin with.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectionPreset {
    /// What it is called where a connection is made.
    #[schema(value_type = Slug)]
    key: &'static str,
    /// The product that it is made for.
    #[schema(value_type = Name)]
    product: &'static str,
    /// What becomes of the product's documents.
    #[schema(value_type = Note)]
    yields: &'static str,
    /// How the product is set up to send.
    #[schema(value_type = Note)]
    setup: &'static str,
    /// The mapping.
    #[schema(value_type = MappingText)]
    mapping: &'static str,
}

/// All presets.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectionPresets {
    /// The presets.
    #[schema(max_items = 100)]
    items: Vec<ConnectionPreset>,
}

/// List presets of connections
///
/// Mappings to begin with, a product each: what becomes of its documents, and how it is set up to send. A connection copies
/// the mapping, so that it can be mended.
#[utoipa::path(tag = "connections", operation_id = "listConnectionPresets",
    responses((status = 200, description = "All presets.", body = ConnectionPresets)))]
#[get("/connection-presets")]
async fn list_connection_presets(_call: Call) -> Result<Reply, Problem> {
    let shown = |preset: &Preset| ConnectionPreset {
        key: preset.key,
        product: preset.product,
        yields: preset.yields,
        setup: preset.setup,
        mapping: preset.program.trim_end(),
    };
    let items = PRESETS.iter().map(shown).collect();
    Reply::plain(&ConnectionPresets { items })
}
