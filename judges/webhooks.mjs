// The delivery that webhooks.py left, checked with the JavaScript library of Standard Webhooks.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secret, headers, body } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const event = new Webhook(secret).verify(body, headers);
if (event.specversion !== "1.0") throw new Error("no CloudEvent");
let passes = true;
try {
  new Webhook(secret).verify(`${body} `, headers);
} catch {
  passes = false;
}
if (passes) throw new Error("a forged delivery passes");
console.log("standardwebhooks (JavaScript) takes the delivery");
