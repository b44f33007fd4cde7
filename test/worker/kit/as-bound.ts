import { env } from "cloudflare:workers";

const bound = Object.entries(env);

/** Binds all again as it was when the first file of this runtime began: a test that failed may have left it otherwise. */
export function bindAgain(): void {
  for (const [name, binding] of bound)
    if (Reflect.get(env, name) !== binding) Reflect.set(env, name, binding);
}
