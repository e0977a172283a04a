"""The identity platform's refusals, in Microsoft's words.

Source: Microsoft, "Microsoft Entra authentication & authorization error codes", and
answers quoted in public threads (MSAL, azure-cli, python-o365).
"""

from __future__ import annotations

_GRANT = "invalid_grant"
_CLIENT = "invalid_client"
_REQUEST = "invalid_request"

#: AADSTS code → ``error``, HTTP status at the token endpoint, ``suberror``, text.
# fmt: off
TABLE: dict[int, tuple[str, int, str, str]] = {
    1002012: ("invalid_scope", 400, "", "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."),
    28000: (_REQUEST, 400, "", "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {scope} is not valid."),
    500011: ("invalid_resource", 400, "", "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."),
    50011: (_REQUEST, 400, "", "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the application '{client_id}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to troubleshoot this."),
    500112: (_CLIENT, 400, "", "The reply address '{uri}' does not match the reply address '{expected}' provided when requesting Authorization code."),
    500113: (_REQUEST, 400, "", "No reply address is registered for the application."),
    500121: ("access_denied", 400, "", "Authentication failed during strong authentication request."),
    50020: (_GRANT, 400, "", "User account '{username}' from identity provider '{provider}' does not exist in tenant '{tenant}' and cannot access the application '{client_id}'({app}) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account."),
    500200: (_REQUEST, 400, "", "User account '{username}' is a personal Microsoft account. Personal Microsoft accounts are not supported for this application unless explicitly invited to an organization. Try signing out and signing back in with an organizational account."),
    50034: (_GRANT, 400, "", "The user account {username} does not exist in the directory. To sign into this application, the account must be added to the directory."),
    50055: (_GRANT, 400, "user_password_expired", "The password is expired."),
    50057: (_GRANT, 400, "", "The user account is disabled."),
    50058: ("login_required", 400, "", "A silent sign-in request was sent but no user is signed in."),
    50059: (_REQUEST, 400, "", "No tenant-identifying information found in either the request or implied by any provided credentials."),
    50076: ("interaction_required", 400, "basic_action", "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '00000003-0000-0000-c000-000000000000'."),
    50105: (_GRANT, 400, "message_only", "Your administrator has configured the application {app} ('{client_id}') to block users unless they are specifically granted ('assigned') access to the application. The signed-in user '{username}' is blocked because they are not a direct member of a group with access, nor had access directly assigned by an administrator. Please contact your administrator to assign access to this application."),
    50126: (_GRANT, 400, "", "Error validating credentials due to invalid username or password."),
    50147: (_REQUEST, 400, "", "Missing parameter or invalid size of Code_Challenge parameter."),
    50148: (_GRANT, 400, "", "The code_verifier doesn't match the code_challenge supplied in the authorization request for PKCE."),
    501481: (_GRANT, 400, "", "The Code_Verifier does not match the code_challenge supplied in the authorization request."),
    501491: (_REQUEST, 400, "", "Invalid Code_Challenge_method parameter. Supported values are 'plain' and 'S256'."),
    50173: (_GRANT, 400, "bad_token", "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '{issued}' and the TokensValidFrom date (before which tokens are not valid) for this user is '{valid_from}'."),
    50194: (_REQUEST, 400, "", "Application '{client_id}'({app}) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant."),
    50196: (_GRANT, 400, "", "The server terminated an operation because it encountered a client request loop. Please contact your app vendor."),
    53003: (_GRANT, 400, "message_only", "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."),
    54005: (_GRANT, 400, "", "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token."),
    65001: (_GRANT, 400, "consent_required", "The user or administrator has not consented to use the application with ID '{client_id}' named '{app}'. Send an interactive authorization request for this user and resource."),
    65004: ("access_denied", 400, "", "User declined to consent to access the app."),
    650053: (_CLIENT, 400, "", "The application '{app}' asked for scope '{scope}' that doesn't exist on the resource '{resource}'. Contact the app vendor."),
    70000: (_GRANT, 400, "", "Provided grant is invalid or malformed."),
    700005: (_GRANT, 400, "", "Provided Authorization Code is intended to use against other tenant, thus rejected."),
    700016: ("unauthorized_client", 400, "", "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."),
    7000112: ("unauthorized_client", 400, "", "Application '{client_id}'({app}) is disabled."),
    700023: (_CLIENT, 401, "", "Client assertion audience claim does not match Realm issuer. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials."),
    700024: (_CLIENT, 401, "", "Client assertion is not within its valid time range."),
    700025: (_CLIENT, 401, "", "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."),
    700027: (_CLIENT, 401, "", "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - {reason}]"),
    7000215: (_CLIENT, 401, "", "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client_id}'."),
    7000216: (_CLIENT, 401, "", "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."),
    7000218: (_CLIENT, 401, "", "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."),
    7000222: (_CLIENT, 401, "", "The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds."),
    70003: ("unsupported_grant_type", 400, "", "The app requested an unsupported grant type '{grant_type}'."),
    70007: (_REQUEST, 400, "", "The application requested an unsupported mode '{mode}' when requesting a token."),
    700054: ("unsupported_response_type", 400, "", "response_type '{response_type}' is not enabled for the application."),
    700051: ("unsupported_response_type", 400, "", "response_type '{response_type}' is not enabled for the application."),
    70008: (_GRANT, 400, "", "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource."),
    700082: (_GRANT, 400, "bad_token", "The refresh token has expired due to inactivity. The token was issued on {issued} and was inactive for 90.00:00:00."),
    700084: (_GRANT, 400, "bad_token", "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which can't be extended. It is now expired and a new sign in request must be sent by the SPA to the sign in page. The token was issued on {issued}."),
    70011: ("invalid_scope", 400, "", "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. {detail}"),
    700211: (_CLIENT, 401, "", "No matching federated identity record found for presented assertion issuer '{value}'."),
    700212: (_CLIENT, 401, "", "No matching federated identity record found for presented assertion audience '{value}'."),
    700213: (_CLIENT, 401, "", "No matching federated identity record found for presented assertion subject '{value}'."),
    90002: (_REQUEST, 400, "", "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."),
    9001023: (_REQUEST, 400, "", "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint."),
    90014: (_REQUEST, 400, "", "The required field '{name}' is missing from the credential. Ensure that you have all the necessary parameters for the login request."),
    900144: (_REQUEST, 400, "", "The request body must contain the following parameter: '{name}'."),
    901002: (_REQUEST, 400, "", "The 'resource' request parameter is not supported."),
    9002313: (_REQUEST, 400, "", "Invalid request. Request is malformed or invalid."),
    9002325: (_REQUEST, 400, "", "Proof Key for Code Exchange is required for cross-origin authorization code redemption."),
    9002327: (_REQUEST, 400, "", "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests."),
    9002332: ("unauthorized_client", 400, "", "Application '{client_id}'({app}) is configured for use by Microsoft Account users only. Please use the /consumers endpoint to serve this request."),
    90023: (_REQUEST, 400, "", "Unsupported 'prompt' value '{prompt}'."),
    90033: ("temporarily_unavailable", 503, "", "A transient error has occurred. Please try again."),
    90055: ("temporarily_unavailable", 429, "", "The server is busy: there are too many requests."),
    900561: (_REQUEST, 400, "", "The endpoint only accepts POST, OPTIONS requests. Received a GET request."),
    90093: ("access_denied", 400, "", "Calling principal cannot consent: an administrator is needed."),
    90094: ("access_denied", 400, "", "Admin consent is required for the permissions requested by this application."),
    900971: (_REQUEST, 400, "", "No reply address provided."),
}
# fmt: on
