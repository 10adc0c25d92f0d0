// The catalog as a reader meets it: opened from files, in a browser. SITE is its folder, PICTURES one for pictures,
// CHROMIUM the browser.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";

import { launch, quietPage } from "./browser.mjs";

const { SITE: site, PICTURES: pictures, CHROMIUM } = process.env;
if (!site || !pictures || !CHROMIUM) {
  throw new Error("SITE, PICTURES and CHROMIUM are not set; run `cargo xtask test`, which sets them");
}
mkdirSync(pictures, { recursive: true });
const url = (file, hash = "") => pathToFileURL(path.join(site, file)).href + hash;
const TYPES = 649;

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/** Opens a file of the site, runs `use` on it, and expects that nothing went wrong. */
async function on(file, use, options = {}) {
  const { context, page, complaints } = await quietPage(browser, { viewport: { width: 1280, height: 900 }, ...options });
  try {
    await page.goto(url(file, options.hash));
    await use(page);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

const visible = (page) => page.locator("tbody tr:visible");
const titles = (page) => page.$$eval("tbody tr:not([hidden]) a", (links) => links.map((link) => link.textContent));
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);

describe("the table", () => {
  test("has a row for every type", () => on("index.html", async (page) => {
    assert.equal(await visible(page).count(), TYPES);
    assert.match(await page.locator("[data-result]").textContent(), new RegExp(`^${TYPES} model types$`));
    const { domComplete, firstPaint } = await page.evaluate(() => ({
      domComplete: performance.getEntriesByType("navigation")[0].domComplete,
      firstPaint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    }));
    console.log(`${TYPES} rows: first paint ${Math.round(firstPaint)} ms, complete ${Math.round(domComplete)} ms`);
  }));

  test("is found through by name, class and task", () => on("index.html", async (page) => {
    const search = page.locator("#q");
    await search.fill("BertForMaskedLM bert");
    assert.ok((await titles(page)).includes("BERT"));
    await search.fill("no such thing");
    assert.equal(await visible(page).count(), 0);
    await page.locator("[data-none] button").click();
    assert.equal(await visible(page).count(), TYPES);
  }));

  test("counts of filters are those of rows", () => on("index.html", async (page) => {
    const choices = await page.$$eval(".choice", (labels) => labels.map((label) => {
      const input = label.querySelector("input");
      return { name: input.name, value: input.value, count: Number(label.querySelector("small").textContent) };
    }));
    assert.ok(choices.length > 8);
    for (const { name, value, count } of choices) {
      await page.locator(`input[name=${name}][value="${value}"]`).check();
      assert.equal(await visible(page).count(), count, `${name} ${value}`);
      await page.locator(`input[name=${name}][value=""]`).check();
    }
    const tasks = await page.$$eval("#task option", (options) => options.map(({ value, textContent }) => [value, textContent]));
    for (const [value, text] of tasks.filter(([value]) => value)) {
      await page.locator("#task").selectOption(value);
      assert.equal(text, `${value} (${await visible(page).count()})`);
    }
  }));

  test("keeps its view in the address", () => on("index.html", async (page) => {
    await page.locator("input[name=modality][value=vision]").check();
    await page.locator("#q").fill("image");
    await page.locator("[data-sort=class]").click();
    await page.locator("[data-sort=class]").click();
    const view = { hash: new URL(page.url()).hash, titles: await titles(page) };
    assert.equal(view.hash, "#q=image&modality=vision&sort=class-descending");
    await on("index.html", async (other) => assert.deepEqual(await titles(other), view.titles), { hash: view.hash });
    await visible(page).first().click();
    await page.waitForURL(/types\//);
    await page.locator("[data-back]").click();
    await page.waitForURL(/index\.html/);
    assert.deepEqual(await titles(page), view.titles);
  }));

  test("an address that makes no sense shows the whole table", () => on("index.html", async (page) => {
    assert.equal(await visible(page).count(), TYPES);
  }, { hash: "#modality=smell&sort=__proto__&task=%3Cb%3E" }));

  test("sorts by every column, both ways", () => on("index.html", async (page) => {
    for (const key of ["title", "status", "modality", "class", "tasks"]) {
      const button = page.locator(`[data-sort=${key}]`);
      await button.click();
      const heading = button.locator("xpath=..");
      const first = await heading.getAttribute("aria-sort");
      await button.click();
      assert.notEqual(await heading.getAttribute("aria-sort"), first);
      assert.equal(await page.locator("[aria-sort]").count(), 1);
      assert.equal(await visible(page).count(), TYPES);
    }
  }));

  test("is used by keys alone", () => on("index.html", async (page) => {
    await page.keyboard.press("/");
    assert.equal(await focused(page), "q");
    await page.keyboard.type("vit");
    await page.keyboard.press("ArrowDown");
    const [first, second] = await titles(page);
    assert.equal(await focused(page), first);
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(page), second);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    assert.equal(await focused(page), "q");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(/types\//);
    assert.ok((await page.locator("h1").textContent()).startsWith(first));
  }));

  test("the first key leads past the header", () => on("index.html", async (page) => {
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await focused(page), "main");
  }));

  test("is whole without scripts", () => on("index.html", async (page) => {
    assert.equal(await visible(page).count(), TYPES);
  }, { javaScriptEnabled: false }));
});

describe("the theme", () => {
  const paper = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

  test("is the system's, or the one chosen, on every page", () => on("index.html", async (page) => {
    const light = await paper(page);
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await paper(page);
    assert.notEqual(light, dark);
    await page.locator("[data-theme-toggle]").click();
    assert.equal(await paper(page), light);
    await page.goto(url("types/bert.html"));
    assert.equal(await paper(page), light);
    await page.locator("[data-theme-toggle]").click();
    await page.emulateMedia({ colorScheme: "light" });
    assert.equal(await paper(page), dark);
  }));
});

describe("every page", () => {
  const pages = readdirSync(path.join(site, "types")).map((file) => `types/${file}`);

  test("is there for every type", () => assert.equal(pages.length, TYPES));

  test("loads without complaint, with one heading, and links that lead somewhere", async () => {
    const ids = new Map();
    const links = [];
    const waiting = ["index.html", ...pages];
    const look = async () => {
      const { context, page, complaints } = await quietPage(browser);
      for (let file = waiting.pop(); file; file = waiting.pop()) {
        await page.goto(url(file));
        const found = await page.evaluate(() => ({
          ids: [...document.querySelectorAll("[id]")].map((element) => element.id),
          links: [...document.querySelectorAll("a[href]")].map((link) => link.href),
          headings: document.querySelectorAll("h1").length,
          unnamed: [...document.querySelectorAll("a, button, input, select")].filter((element) => (
            !(element.textContent.trim() || element.getAttribute("aria-label") || element.labels?.length)
          )).length,
        }));
        assert.equal(new Set(found.ids).size, found.ids.length, `${file}: an id stands twice`);
        assert.equal(found.headings, 1, file);
        assert.equal(found.unnamed, 0, file);
        ids.set(url(file), new Set(found.ids));
        links.push(...found.links.map((link) => [file, link]));
        assert.deepEqual(complaints, [], file);
      }
      await context.close();
    };
    await Promise.all([look(), look(), look(), look()]);
    for (const [file, link] of links.filter(([, link]) => link.startsWith("file:"))) {
      const [target, hash] = link.split("#");
      assert.ok(ids.has(target), `${file}: ${link} leads nowhere`);
      const isView = target === url("index.html");
      if (hash && !(isView && hash.includes("="))) assert.ok(ids.get(target).has(hash), `${file}: ${link} leads nowhere`);
    }
    const outside = links.map(([, link]) => link).filter((link) => !link.startsWith("file:"));
    assert.deepEqual(outside.filter((link) => !link.startsWith("https://")), []);
  });
});

describe("pictures", () => {
  const views = { table: "index.html", "verified type": "types/bert.html", "other type": "types/albert.html" };
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, file] of Object.entries(views)) {
      test(`${name}, ${colorScheme}`, () => on(file, async (page) => {
        const shot = (part, options) => page.screenshot({ path: path.join(pictures, `${part} ${colorScheme}.png`), ...options });
        await shot(name, { fullPage: file !== "index.html" });
        const drawing = page.locator(".drawing svg");
        if (await drawing.count()) {
          // The bar at the top would lie over it.
          await page.addStyleTag({ content: ".bar { position: static !important }" });
          await drawing.screenshot({ path: path.join(pictures, `drawing ${colorScheme}.png`) });
        }
        const { width } = await page.evaluate(() => ({ width: document.documentElement.scrollWidth }));
        assert.equal(width, 1280, "nothing is wider than the window");
      }, { colorScheme }));
    }
  }

  test("a phone", () => on("index.html", async (page) => {
    await page.screenshot({ path: path.join(pictures, "phone table.png") });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    await page.goto(url("types/bert.html"));
    await page.screenshot({ path: path.join(pictures, "phone type.png"), fullPage: true });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  }, { viewport: { width: 390, height: 844 } }));
});
