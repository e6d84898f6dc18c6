// Judges document pages with axe-core in a headless Chromium: WCAG 2.2 A and AA, wide, narrow and in print.
//
//   node judges/pages.mjs FOLDER        every *.html in it; CHROMIUM names the browser
//
// Exits with 1 when a page breaks a rule, asks for anything from outside, or scrolls sideways on a narrow screen.

import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const folder = resolve(process.argv[2] ?? ".");
const pages = readdirSync(folder).filter((name) => name.endsWith(".html"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const views = [
  { name: "wide", width: 1280, media: "screen" },
  { name: "narrow", width: 320, media: "screen" },
  { name: "print", width: 800, media: "print" },
];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
let faults = pages.length === 0 ? 1 : 0;
const fault = (...said) => { faults += 1; console.error("FAULT", ...said); };
for (const name of pages) {
  for (const view of views) {
    const page = await browser.newPage({ viewport: { width: view.width, height: 900 } });
    const address = pathToFileURL(join(folder, name)).href;
    page.on("request", (request) => { if (request.url() !== address) fault(name, "asks for", request.url()); });
    await page.emulateMedia({ media: view.media });
    await page.goto(address);
    await page.evaluate(axe);
    const found = await page.evaluate(() =>
      axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    for (const broken of found.violations) {
      for (const node of broken.nodes) fault(name, view.name, broken.id, broken.help, node.target.join(" "), node.html.slice(0, 120));
    }
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (view.media === "screen" && wider > 0) fault(name, view.name, "is wider than the screen by", wider);
    console.log(name, view.name, `${found.passes.length} rules held, ${found.incomplete.length} undecided`,
      found.incomplete.map((rule) => rule.id).join(" "));
    await page.close();
  }
}
await browser.close();
console.log(faults === 0 ? `${pages.length} pages without fault` : `${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
