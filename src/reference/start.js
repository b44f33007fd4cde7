/* global Scalar */

// What is typed in, a token above all, is forgotten with the tab. The reader, which is loaded behind this, keeps it wherever this
// name leads.
Object.defineProperty(globalThis, "localStorage", { value: globalThis.sessionStorage });

addEventListener("DOMContentLoaded", () => {
  Scalar.createApiReference("#reference", {
    url: "/docs/openapi.json",
    // No other host is asked: neither for fonts, nor for samples of other APIs, nor for an assistant, nor to be counted.
    withDefaultFonts: false,
    telemetry: false,
    proxyUrl: "",
    agent: { disabled: true },
    mcp: { disabled: true },
    showDeveloperTools: "never",
    hideClientButton: true,
    hideDarkModeToggle: true,
    documentDownloadType: "none",
    persistAuth: true,
    authentication: { preferredSecurityScheme: [["app", "token"]] },
    defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
    hiddenClients: {
      ...Object.fromEntries(
        "c clojure csharp dart fsharp go http kotlin node objc ocaml php powershell r ruby rust"
          .split(" ")
          .map((language) => [language, true]),
      ),
      java: ["asynchttp", "okhttp", "unirest"],
      js: ["axios", "jquery", "ofetch", "xhr"],
      python: ["python3", "httpx_sync", "httpx_async"],
      shell: ["httpie", "wget"],
    },
  });
});
