import { request, type Api } from "./request";

// Both services give at most so many at once.
const size = 100;

/** All pages of a list. Both services number them, and name in a header which one follows. */
export async function* pagesOf(api: Api, path: string): AsyncGenerator {
  for (let page = 1; ; page++) {
    const joint = path.includes("?") ? "&" : "?";
    const { body, headers } = await request(api, "GET", `${path}${joint}per_page=${size}&page=${page}`);
    yield body;
    if (!hasNext(headers)) return;
  }
}

function hasNext(headers: Headers): boolean {
  return /rel="?next"?/.test(headers.get("link") ?? "") || (headers.get("x-next-page") ?? "") !== "";
}
