"""Microsoft's own SDK on our credential; it is large, so it is a test file of its own."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync

from wagtail_m365.tokens.credentials import TokenCredential

pytest.importorskip("msgraph")


async def name_of_me(credential, microsoft):
    """What the documentation shows, for a Graph that is not Microsoft's."""
    import httpx
    from kiota_authentication_azure import azure_identity_authentication_provider
    from msgraph import GraphRequestAdapter, GraphServiceClient
    from msgraph.graph_request_adapter import options
    from msgraph_core import GraphClientFactory

    provider = (
        azure_identity_authentication_provider.AzureIdentityAuthenticationProvider(
            credential,
            scopes=["https://graph.microsoft.com/.default"],
            allowed_hosts=["127.0.0.1"],
        )
    )
    # Closed by hand: the SDK's own wrapping of it does not.
    connections = httpx.AsyncHTTPTransport()
    client = httpx.AsyncClient(base_url=microsoft.graph, transport=connections)
    async with (
        connections,
        GraphClientFactory.create_with_default_middleware(
            client=client, options=options
        ) as http,
    ):
        adapter = GraphRequestAdapter(provider, http)
        adapter.base_url = microsoft.graph
        me = await GraphServiceClient(request_adapter=adapter).me.get()
    return me.display_name


# The SDK's own modules warn of each other.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.django_db
def test_microsofts_own_sdk_runs_on_the_credential(connected, person, microsoft):
    name = async_to_sync(name_of_me)(TokenCredential(person), microsoft)
    assert name == "Ada Lovelace"
