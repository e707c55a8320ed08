// A certified OpenID provider that is not ours, for tests: Timepost must accept the tokens of
// any provider, not only those of its own development server.
//
// Started in the folder that holds node_modules. Prints one line of JSON, {"issuer": ...}, when
// it listens. Everybody who comes to the sign-in page is signed in as the login_hint.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { generateKeyPairSync, randomBytes } from 'node:crypto';

const require = createRequire(`${process.cwd()}/package.json`);
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')).href);

const settings = JSON.parse(process.env.OIDC_PROVIDER_SETTINGS);

function signingKey(kty) {
  const { privateKey } = kty === 'RSA'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const alg = kty === 'RSA' ? 'RS256' : 'ES256';
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: `${alg}-1` };
}

// One API per resource indicator; these must be absolute URIs, audiences need not be.
function resourceServer(resource) {
  const api = settings.apis[resource];
  if (!api) throw new Error(`unknown API ${resource}`);
  return {
    scope: api.scopes.join(' '),
    audience: api.audience,
    accessTokenFormat: 'jwt',
    accessTokenTTL: 300,
    jwt: { sign: { alg: api.algorithm } },
  };
}

const configuration = {
  clients: settings.clients,
  jwks: { keys: [signingKey('EC'), signingKey('RSA')] },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  scopes: ['openid', ...new Set(Object.values(settings.apis).flatMap((api) => api.scopes))],
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx, client) => settings.defaultResources[client.clientId],
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource) => resourceServer(resource),
    },
  },
  extraTokenClaims: (ctx, token) => {
    const roles = settings.roles[token.accountId ?? token.clientId] ?? [];
    return { roles, realm_access: { roles } };
  },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (ctx, interaction) => `/sign-in/${interaction.uid}` },
};

async function signIn(provider, request, response) {
  const { params, prompt, grantId, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const result = { login: { accountId: params.login_hint } };
    return provider.interactionFinished(request, response, result);
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  for (const resource of Object.keys(settings.apis)) {
    grant.addResourceScope(resource, params.scope);
  }
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  const handle = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url.startsWith('/sign-in/')) return handle(request, response);
    return signIn(provider, request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  console.log(JSON.stringify({ issuer }));
});
