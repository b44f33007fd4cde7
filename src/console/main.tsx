import { render } from "preact";
import { App } from "./app.tsx";
import { listenToKeys } from "./parts/keys.ts";
import { followPreferences } from "./state/preferences.ts";

followPreferences();
listenToKeys();
const root = document.getElementById("console");
if (root) render(<App />, root);
