/*
 * What staff do. The admin token is what `npm start` prints, or what POST /admin/tokens gave.
 *   ADMIN_TOKEN=wa_… npx node examples/admin.mjs list [beginning of a name]
 *   ADMIN_TOKEN=wa_… npx node examples/admin.mjs disable <username> [reason]
 *   ADMIN_TOKEN=wa_… npx node examples/admin.mjs enable <username>
 *   ADMIN_TOKEN=wa_… npx node examples/admin.mjs audit <username>
 */
const { WARBLER = "http://127.0.0.1:8787", APP_ID = "demo", ADMIN_TOKEN = "" } = process.env;
const [command, name = "", reason = ""] = process.argv.slice(2);

/** Calls the service. Returns the whole answer, as some operations put more beside `data`; throws a refusal. */
async function call(method, path, body) {
  const headers = { app_id: APP_ID, "access-token": ADMIN_TOKEN, "content-type": "application/json" };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const answer = await (await fetch(WARBLER + path, init)).json();
  if (answer.code !== 200) throw new Error(`${answer.code}: ${answer.message}`);
  return answer;
}

/** All users whose names begin so, page by page. */
async function* usersBeginning(keyword) {
  let cursor;
  do {
    const filter = { ...(keyword && { keyword }), ...(cursor && { cursor }) };
    const page = await call("GET", `/user/list?${new URLSearchParams({ page_size: "200", ...filter })}`);
    yield* page.data;
    ({ cursor } = page);
  } while (cursor);
}

async function idOf(username) {
  for await (const user of usersBeginning(username)) {
    if (user.username.toLowerCase() === username.toLowerCase()) return user.user_id;
  }
  throw new Error(`nobody is called ${username}`);
}

switch (command) {
  case "list":
    for await (const user of usersBeginning(name)) console.log(user.user_id, user.username, user.status);
    break;
  case "disable":
  case "enable": {
    const list = [await idOf(name)];
    const { data, results } = await call("PUT", `/user/${command}`, { list, ...(reason && { reason }) });
    const [row] = results;
    if (!data) throw new Error(row.reason);
    console.log(`${command}d ${name}; devices signed out: ${row.devices.length}`);
    break;
  }
  case "audit": {
    const { data } = await call("GET", `/admin/audit?user_id=${await idOf(name)}`);
    for (const row of data)
      console.log(new Date(row.at).toISOString(), row.caller, row.operation, row.reason);
    break;
  }
  default:
    throw new Error("say what to do: list, disable, enable or audit");
}
