// Answers a survey in a headless Chromium by keyboard alone and without JavaScript, as whoever has no mouse would.
//
//   node judges/answering.mjs LINK        CHROMIUM names the browser; LINK is that of an anonymous round

import { chromium } from "playwright-core";

const link = process.argv[2];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const context = await browser.newContext({ javaScriptEnabled: false, locale: "sv-SE", viewport: { width: 360, height: 740 } });
const page = await context.newPage();
const fail = async (said) => { console.error("FAULT", said, await page.title()); await browser.close(); process.exit(1); };

/** Presses Tab until what is focused is what is looked for. */
async function to(selector) {
  for (let n = 0; n < 120; n += 1) {
    await page.keyboard.press("Tab");
    if (await page.locator(`${selector}:focus`).count()) return;
  }
  await fail(`the keyboard does not reach ${selector}`);
}

await page.goto(link);
// Nothing filled in: the form comes back and says what is missing, with a link to the field.
await to("button[value=hand_in]");
await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
if (!(await page.title()).startsWith("Fel")) await fail("what is missing is not said in the title");
await to(".summary a");
await page.keyboard.press("Enter");
if (!page.url().includes("#q")) await fail("the summary leads nowhere");
// From where the link led, on by Tab: each group of scores is one stop, the arrows choose in it.
for (const name of ["q.overall", "q.recommend"]) {
  await to(`input[name='${name}']`);
  await page.keyboard.press("ArrowDown");
  if (!(await page.locator(`input[name='${name}']:checked`).count())) await fail(`${name} is not chosen`);
}
await to("textarea[name='q.words']");
await page.keyboard.type("Skrivet utan mus.");
await to("button[value=hand_in]");
await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
if (!(await page.title()).startsWith("Tack")) await fail("the answer was not taken in");
console.log("answered by keyboard alone:", await page.title());
await browser.close();
