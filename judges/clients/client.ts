// Compiled against the types that openapi-typescript generates from the document, then run:
// one public and one authorised call, each with the type that the document promises.
import type { paths } from "./schema.js";

declare const process: { env: Record<string, string | undefined> };

/** What a GET of this path answers with status 200. */
type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

async function get<Path extends keyof paths>(path: Path): Promise<Answer<Path>> {
  const response = await fetch(`${process.env.JUDGES_BASE_URL}${path}`, {
    headers: { Accept: "application/json", Authorization: `Bearer ${process.env.JUDGES_TOKEN}` },
  });
  if (response.status !== 200) {
    throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
  }
  return (await response.json()) as Answer<Path>;
}

const about: Answer<"/api-info"> = await get("/api-info");
console.log("GET /api-info:", Object.keys(about).join(", "));

const page: Answer<"/customers"> = await get("/customers");
console.log(`GET /customers: ${page.items.length} customers, first: ${page.items[0]?.name}`);
if (page.items.length === 0) {
  throw new Error("the demonstration data should hold customers");
}
