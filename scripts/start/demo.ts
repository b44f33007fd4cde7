import { randomBytes } from "node:crypto";
import { StartFailure } from "./failure.ts";

const app = "demo";
const tokenName = "npm start";

interface Answer {
  code: number;
  message: string;
  data: unknown;
}

function isAnswer(value: unknown): value is Answer {
  return (
    typeof value === "object" && value !== null && "code" in value && "message" in value && "data" in value
  );
}

/** Makes a demo app and a fresh admin token of it, which it returns; the tokens of earlier starts are revoked. */
export async function demoToken(origin: string, key: string, signal: AbortSignal): Promise<string> {
  const call = async (method: string, path: string, body?: object, alsoGood?: number): Promise<unknown> => {
    const response = await fetch(origin + path, {
      method,
      headers: { "root-key": key, app_id: app, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
      signal,
    });
    const answer: unknown = await response.json();
    if (!isAnswer(answer)) throw new StartFailure(`${method} ${path} answered no envelope.`);
    const { code, message, data } = answer;
    if (code !== 200 && code !== alsoGood) throw new StartFailure(`${method} ${path}: ${code} ${message}`);
    return data;
  };
  const isTaken = 10004;
  await call("POST", "/admin/apps", { app_id: app, name: "Demo" }, isTaken);
  const tokens = await call("GET", "/admin/tokens");
  for (const token of Array.isArray(tokens) ? tokens : []) {
    if (token.name === tokenName && token.revoked_at === null) {
      await call("DELETE", `/admin/tokens?id=${token.id}`);
    }
  }
  const token = await call("POST", "/admin/tokens", { name: tokenName, role: "owner" });
  if (typeof token === "object" && token !== null && "token" in token) return String(token.token);
  throw new StartFailure("No admin token was made.");
}

/** What a started server says: where it is, and three calls that work when pasted. */
export function greeting(origin: string, token: string): string {
  const name = `alice_${randomBytes(3).toString("hex")}`;
  const json = "-H 'content-type: application/json'";
  return `
Warbler serves ${origin}; the reference is at ${origin}/docs
  console      ${origin}/console (sign in with the app and the admin token)
  app          ${app}
  admin token  ${token}
  root key     in .dev.vars

Try:
  curl -s ${origin}/user/register/v2 -H 'app_id: ${app}' ${json} -d '{"username":"${name}","password":"wonderland"}'
  curl -s ${origin}/token/user -H 'app_id: ${app}' ${json} -d '{"name":"${name}","password":"wonderland","device_guid":"laptop-1"}'
  curl -s '${origin}/user/list?page_size=10' -H 'app_id: ${app}' -H 'access-token: ${token}'
`;
}
