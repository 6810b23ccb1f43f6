// A sign-in service for tests: npm's oidc-provider with one client and accounts named by what is typed.
import { Provider } from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{
    client_id: "xieban", client_secret: "a secret of the test", redirect_uris: [redirect],
    grant_types: ["authorization_code"], response_types: ["code"],
  }],
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
