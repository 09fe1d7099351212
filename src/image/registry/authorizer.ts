import { Fault } from "#foundation";
import { type AuthChallenge, type Credentials, decodeAccessToken, isLoopback, parseChallenges } from "#spec";
import { type HttpAnswer, readBody, type Transport, withoutSecrets } from "./transport.ts";

const maxTokenBytes: number = 1024 * 1024;

/** What a token is asked for. */
export interface AuthScope {
  /** Repository path in the registry. */
  readonly repository: string;
  /** Origin of the endpoint that asks for authentication. */
  readonly endpoint: URL;
}

/**
 * Answers one endpoint's authentication challenges for one repository.
 *
 * Credentials go out only after a challenge, only to the endpoint itself
 * (basic) or to the token server that it names (bearer), and never from HTTPS
 * down to plain HTTP.
 */
export class Authorizer {
  readonly #credentials: Credentials;
  readonly #scope: AuthScope;
  readonly #transport: Transport;
  #header: string | undefined;

  constructor(credentials: Credentials, scope: AuthScope, transport: Transport) {
    this.#credentials = credentials;
    this.#scope = scope;
    this.#transport = transport;
  }

  /** The Authorization header that served last; undefined before the first challenge. */
  get header(): string | undefined {
    return this.#header;
  }

  /** Makes a header for the challenge of a 401 answer; false when there is nothing to answer it with. */
  async answer(challenged: HttpAnswer, signal: AbortSignal): Promise<boolean> {
    const challenges = parseChallenges(challenged.headers["www-authenticate"] ?? "");
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    const basic = challenges.find(({ scheme }) => scheme === "basic");
    const before = this.#header;
    if (bearer !== undefined) this.#header = `Bearer ${await this.#token(bearer, signal)}`;
    else if (basic !== undefined && this.#credentials.kind === "password")
      this.#header = basicHeader(this.#credentials);
    else return false;
    // The same answer to the same challenge would be refused again.
    return this.#header !== before;
  }

  async #token(challenge: AuthChallenge, signal: AbortSignal): Promise<string> {
    if (this.#credentials.kind === "access-token") return this.#credentials.token;
    const realm = this.#realmOf(challenge);
    const service = challenge.parameters["service"] ?? "";
    const scope = challenge.parameters["scope"] ?? `repository:${this.#scope.repository}:pull`;
    const answer = await this.#requestToken(realm, { service, scope }, signal);
    const where = `get a token from ${withoutSecrets(realm)}`;
    if (answer.statusCode !== 200) {
      answer.destroy();
      const kind = answer.statusCode === 401 || answer.statusCode === 403 ? "denied" : "unavailable";
      throw new Fault(kind, `${where}: status ${answer.statusCode}`);
    }
    const tooLarge = (): Fault => new Fault("invalid", `${where}: the answer is over ${maxTokenBytes} bytes`);
    const bytes = await readBody(answer, maxTokenBytes, tooLarge);
    try {
      return decodeAccessToken(bytes);
    } catch (error) {
      throw Fault.within(where, error);
    }
  }

  #requestToken(
    realm: URL,
    wanted: { readonly service: string; readonly scope: string },
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const credentials = this.#credentials;
    if (credentials.kind === "refresh-token") {
      const form = { grant_type: "refresh_token", client_id: "crisp", refresh_token: credentials.token, ...wanted };
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      return this.#transport.send({
        method: "POST",
        url: realm,
        headers,
        body: new URLSearchParams(form).toString(),
        signal,
      });
    }
    const url = new URL(realm);
    for (const [name, value] of Object.entries(wanted)) if (value !== "") url.searchParams.append(name, value);
    const headers = credentials.kind === "password" ? { authorization: basicHeader(credentials) } : {};
    return this.#transport.send({ method: "GET", url, headers, signal });
  }

  #realmOf(challenge: AuthChallenge): URL {
    const text = challenge.parameters["realm"] ?? "";
    const realm = URL.parse(text);
    if (realm === null || !/^https?:$/.test(realm.protocol)) {
      throw new Fault("denied", `the registry names no usable token server: ${JSON.stringify(text)}`);
    }
    const isDowngrade =
      realm.protocol === "http:" && !isLoopback(realm.host) && this.#scope.endpoint.protocol === "https:";
    if (isDowngrade && this.#credentials.kind !== "none") {
      throw new Fault("denied", `the token server ${withoutSecrets(realm)} would get the credentials in plain text`);
    }
    return realm;
  }
}

function basicHeader({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
