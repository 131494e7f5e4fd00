import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../fleet/script";

/** What a browser makes of the pages is looked at with `npm run report:look`. */
describe("the page of a report", function () {
  const folder = join(checkout, "test/cli/report/golden");
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".html"))) {
    const page = readFileSync(join(folder, name), "utf8");

    it(`${name} closes what it opens, in order`, () => {
      const open: string[] = [];
      for (const [, slash, tag = "", , self] of page.matchAll(
        /<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^">])*?)(\/?)>/g,
      )) {
        if (slash === "/") assert.equal(open.pop(), tag);
        else if (self !== "/" && !["meta", "br"].includes(tag)) open.push(tag);
      }
      assert.deepEqual(open, []);
    });

    it(`${name} needs nothing from elsewhere, and runs nothing`, () => {
      assert.doesNotMatch(page, /<(script|link|img|iframe|object|base|form)\b|@import|url\(|javascript:/i);
      assert.doesNotMatch(page, /<[^>]*\s(src|srcset|on\w+)=/i);
      assert.match(
        page,
        /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" ?\/?>/,
      );
      for (const [, target = ""] of page.matchAll(/href="([^"]*)"/g)) {
        assert.match(target, /^#group-\d+$/);
        assert.ok(page.includes(`id="${target.slice(1)}"`), target);
      }
    });
  }
});
