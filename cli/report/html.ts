import { groupCard } from "./html-group";
import { lane } from "./html-fleet";
import { buildCard, messages, otherCard, pathsCard } from "./html-sections";
import { style } from "./html-style";
import { markup, type Html } from "./html-text";
import type { Report, Standing } from "./report";
import { countOf, failureNote, headline, placesHead, standingShown } from "./words";

/** The report as one page that needs nothing else: no script, no picture or style from elsewhere. Nothing is left out. */
export function htmlOf(report: Report): string {
  const { kind, groups, builds } = report;
  const failure = failureNote(report);
  const told = groups.filter(({ standing, hosts }) => standing !== "unchanged" || hosts[0]?.resources.length);
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${titleOf(report, ": ")}</title>
        <style>
          ${style_}
        </style>
      </head>
      <body>
        <main>
          <h1><small>${titleOf(report, " of ")}</small>${capital(headline(report))}</h1>
          <ul class="chips">
            ${chips(report)}
          </ul>
          ${failure === undefined ? undefined : markup`<p>${failure}</p>`}${messages(report.messages.filter(({ severity }) => severity !== "info"))}
          <h2>${placesHead(report)}${groups.length > 1 ? ", those with the same change together" : ""}</h2>
          <div class="fleet">
            ${groups.length === 0 ? markup`<p class="faint">None.</p>` : groups.map((group) => lane(group, kind, told.indexOf(group)))}
          </div>
          ${told.length === 0 ? undefined : markup`<h2>What ${kind === "preview" ? "would happen" : "happened"}</h2>`}
          ${told.map((group, index) => groupCard(group, kind, index))}
          ${builds.length === 0 ? undefined : markup`<h2>Builds</h2>`}
          ${builds.map((build) => buildCard(build, report))} ${otherCard(report)} ${infos(report)}
          ${pathsCard(report)}
          <footer>Made by pulumi-nix report from what the engine printed. Secrets are not in it.</footer>
        </main>
      </body>
    </html>
`.text;
}

const style_ = markup([style] as unknown as TemplateStringsArray);

function titleOf({ kind, project, stack, commit }: Report, of: string): string {
  const name = project === "" ? "" : `${of}${project}/${stack}`;
  const at = commit === undefined ? "" : ` at ${commit.slice(0, 12)}`;
  return `${kind === "preview" ? "Preview" : "Update"}${name}${at}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const standings = [
  "failed",
  "unreached",
  "drifted",
  "changes",
  "removed",
  "unchanged",
] as const satisfies Standing[];

/** How many machines there are of each standing. */
function chips({ groups, kind }: Report): Html[] {
  return standings.flatMap((standing) => {
    const hosts = groups.filter((one) => one.standing === standing).flatMap((group) => group.hosts);
    if (hosts.length === 0) return [];
    return [
      markup`<li class="chip ${standing}">
        ${countOf(hosts)}: ${standingShown(standing, kind)}
      </li>`,
    ];
  });
}

function infos({ messages: all }: Report): Html | undefined {
  const told = all.filter(({ severity }) => severity === "info");
  if (told.length === 0) return undefined;
  return markup`<details>
    <summary>Messages (${told.length})</summary>
    ${messages(told)}
  </details>`;
}
