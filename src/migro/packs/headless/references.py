"""
References: public documents and reports that show a failure mode happens, or how its signs read.

They show that a mode exists and what its words and fields are. Bounds, windows and points are the authors' judgement.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ...errors import RuleDefinitionError

__all__ = ["REFERENCES", "cited"]

REFERENCES: Mapping[str, str] = MappingProxyType(
    {
        "ADB-FAQ": "AdobeDocs/adobe-io-events: src/pages/support/faq.md",
        "ADB-GQL": "AdobeDocs/commerce-webapi: src/pages/graphql/usage/api-response.md",
        "ADB-RETRY": "AdobeDocs/adobe-io-events: src/pages/common/retry-doc.md",
        "ADB-RL": "AdobeDocs/commerce-webapi: src/pages/get-started/rate-limiting.md",
        "ADB-TOK": "AdobeDocs/commerce-webapi: src/pages/graphql/usage/authorization-tokens.md",
        "ADYEN-BP": "https://docs.adyen.com/development-resources/webhooks/best-practices/",
        "ADYEN-HANDLE": "https://docs.adyen.com/development-resources/webhooks/handle-webhook-events",
        "ADYEN-PY": "Adyen/adyen-python-api-library: Adyen/util.py",
        "ADYEN-TRB": "https://docs.adyen.com/development-resources/webhooks/troubleshoot.md",
        "ALG-1059": "algolia/algoliasearch-magento issue 1059",
        "ALG-662": "algolia/algoliasearch-magento issue 662",
        "AP-1442": "woocommerce/woocommerce-gateway-stripe issue 1442",
        "AP-678": "hlxsites/aem-boilerplate-commerce pull request 678",
        "AP-DODO": "dodopayments/dodo-docs pull request 381",
        "BC-AUTHDOC": "bigcommerce/docs: docs/start/authentication/graphql-storefront.mdx",
        "BC-CACHE": "bigcommerce/docs: docs/storefront/catalyst/development/caching.mdx",
        "BC-CO": "bigcommerce/docs: docs/storefront/headless/cart-checkout/checkout.mdx",
        "BC-CODES": "bigcommerce/docs: docs/start/about/status-codes.mdx",
        "BC-DELTA": "bigcommerce/docs: docs/start/migration/6_delta.md",
        "BC-ERR": "bigcommerce/docs: docs/start/migration/4_errors.md",
        "BC-EV": "bigcommerce/docs: docs/integrations/webhooks/events/index.mdx",
        "BC-MW": "bigcommerce/docs: docs/storefront/catalyst/development/middleware.mdx",
        "BC-ORD": "bigcommerce/docs: docs/start/migration/orders/migration-phase.mdx",
        "BC-ORDC": "bigcommerce/docs: docs/start/migration/orders/complexity.mdx",
        "BC-PR439": "bigcommerce/docs pull request 439",
        "BC-PREP": "bigcommerce/docs: docs/start/migration/orders/prepare-data.mdx",
        "BC-RATE": "bigcommerce/docs: docs/api-docs/getting-started/api-rate-limits.mdx",
        "BC-SDKJS-717": "bigcommerce/checkout-sdk-js pull request 717",
        "BC-SESS": "bigcommerce/docs: docs/storefront/headless/end-to-end-guides/session-syncing.mdx",
        "BC-WH": "bigcommerce/docs: docs/integrations/webhooks/overview.mdx",
        "BC-WHH": "bigcommerce/docs: docs/integrations/webhooks/https-webhook-overview.mdx",
        "CAT-1059": "bigcommerce/catalyst issue 1059",
        "CAT-1903": "bigcommerce/catalyst issue 1903",
        "CAT-2515": "bigcommerce/catalyst pull request 2515",
        "CAT-2889": "bigcommerce/catalyst pull request 2889",
        "CF-1014": "quantmind/pulsar issue 321",
        "CF-522": "htpcBeginner/docker-traefik issue 58",
        "COCART-205": "cocart-headless/cocart-community issue 205",
        "CRAFT-2737": "craftcms/commerce issue 2737",
        "CT-409": "commercetools/nodejs issue 1386",
        "CT-MSG": (
            "https://raw.githubusercontent.com/api-evangelist/commercetools/refs/heads/main/json-"
            " schema/commercetools-subscription-message-schema.json"
        ),
        "CT-STATUS": "commercetools Java SDK, SubscriptionHealthStatus",
        "CWV": "https://tessl.io/registry/tessl/npm-web-vitals/files/docs/thresholds.md",
        "EP-WH": "https://docs.easypost.com/docs/webhooks",
        "FLUID-150": "frontvibe/fluid issue 150",
        "HD-ADYEN": "https://raw.githubusercontent.com/hookdeck/webhook-skills/main/skills/adyen-webhooks/SKILL.md",
        "HYD-1136": "Shopify/hydrogen issue 1136",
        "HYD-1203": "Shopify/hydrogen issue 1203",
        "HYD-1361": "Shopify/hydrogen issue 1361",
        "HYD-1390": "Shopify/hydrogen issue 1390",
        "HYD-1807": "Shopify/hydrogen issue 1807",
        "HYD-1896": "Shopify/hydrogen issue 1896",
        "HYD-2388": "Shopify/hydrogen issue 2388",
        "HYD-2524": "Shopify/hydrogen issue 2524",
        "HYD-3467": "Shopify/hydrogen issue 3467",
        "HYD-3615": "Shopify/hydrogen issue 3615",
        "HYD-3947": "Shopify/hydrogen pull request 3947",
        "HYD-721": "Shopify/hydrogen pull request 721",
        "HYD-925": "Shopify/hydrogen issue 925",
        "HYD-ANA": "Shopify/hydrogen: packages/hydrogen/src/analytics-manager/ShopifyAnalytics.tsx",
        "HYD-CHG": "Shopify/hydrogen: packages/hydrogen/CHANGELOG.md",
        "HYD-CSP": "Shopify/hydrogen: packages/hydrogen/src/csp/csp.ts",
        "HYD-REDIR": "Shopify/hydrogen: packages/hydrogen/src/routing/redirect.ts",
        "HYDV1-33": "Shopify/hydrogen-v1 pull request 33",
        "INT-NOTIF": "https://developers.intercom.com/docs/webhooks/webhook-notifications.md",
        "J": "Judgement of the pack's authors",
        "JSBUY-474": "Shopify/js-buy-sdk issue 474",
        "KLAV-70": "klaviyo/magento2-klaviyo issue 70",
        "LIBRE-707": "LibreChat-AI/librechat.ai issue 707",
        "MAG-14817": "magento/magento2 issue 14817",
        "MAG-16485": "magento/magento2 issue 16485",
        "MAG-36471": "magento/magento2 issue 36471",
        "MAG-39636": "magento/magento2 issue 39636",
        "MAG-CARTTXT": "Adobe Commerce, tables of GraphQL error messages",
        "MAGINV-3030": "magento/inventory pull request 3030",
        "MED-11679": "medusajs/medusa issue 11679",
        "MED-13301": "medusajs/medusa issue 13301",
        "MED-2948": "medusajs/medusa issue 2948",
        "MED-4117": "medusajs/medusa issue 4117",
        "MED-4721": "medusajs/medusa issue 4721",
        "MED-4798": "medusajs/medusa issue 4798",
        "MED-5185": "medusajs/medusa issue 5185",
        "MED-5560": "medusajs/medusa issue 5560",
        "MED-5937": "medusajs/medusa issue 5937",
        "MED-9863": "medusajs/medusa issue 9863",
        "MED-HOOK": "medusajs/medusa: packages/medusa/src/api/hooks/payment/[provider]/route.ts",
        "MEI-31": "rokmohar/medusa-plugin-meilisearch issue 31",
        "NEXT-IMG": (
            "Next.js, next-image-unconfigured-host: https://nextjs.org/docs/messages/next-image-unconfigured- host"
        ),
        "NUXTSEO": "https://nuxtseo.com/docs/seo-utils/guides/redirects",
        "PB-CLI": (
            "https://clispot-com.pages.dev/blog/marketing/the-headless-handoff-mastering-seo-during-e-commerce-"
            " replatforming/"
        ),
        "PB-ROI": "https://blog.roibase.com.tr/en/tech/headless-ecommerce-migration-roadmap",
        "PB-SBD": "https://dev.scaledbydesign.com/blog/headless-commerce-migration-playbook",
        "PW-FLUX": "https://flux.agency/insights/customer-account-migration-why-passwords-dont-carry-over",
        "PW-LIT": (
            "https://litextension.com/faq/docs/shopping-cart-questions/shopify/will-our-customers-accounts-"
            " retained-when-migrate-to-shopify"
        ),
        "PW-MPRO": (
            "https://help.migrationpro.io/en/articles/8316948-will-customers-be-able-to-log-in-to-their-"
            " shopify-accounts-after-migration"
        ),
        "PW-SME": "https://shopmigrationexperts.com/shopify-problems/customer-password-migration",
        "REACT-32763": "react/react pull request 32763",
        "SAL-CB": "saleor/saleor-docs: docs/developer/extending/webhooks/synchronous-events/circuit-breakers.mdx",
        "SAL-CO": "saleor/saleor-docs: docs/developer/checkout/troubleshooting.mdx",
        "SAL-STOCK": "saleor/saleor-docs: docs/developer/stock/stock-reservation.mdx",
        "SAL-SYNC": "saleor/saleor-docs: docs/api-reference/webhooks/enums/webhook-event-type-sync-enum.mdx",
        "SAL-WH": "saleor/saleor-docs: docs/developer/extending/webhooks/overview.mdx",
        "SALAPP-1129": "saleor/apps issue 1129",
        "SALSF-516": "saleor/saleor-storefront issue 516",
        "SFCC-LOAD": "https://developer.salesforce.com/docs/commerce/pwa-kit-managed-runtime/guide/throttle-rates.md",
        "SFCC-TOK": "https://developer.salesforce.com/docs/commerce/commerce-vibes/guide/scapi-get-started.html",
        "SHOP-401": "https://www.shopify.dev/apps/webhooks/mandatory",
        "SHOP-5S": (
            "https://dev.to/shannonllc/shopify-webhooks-hmac-verification-5-second-timeout-retries-jkj (secondary)"
        ),
        "SHOP-ABOUT": "Shopify, About webhooks: https://shopify.dev/docs/apps/build/webhooks",
        "SHOP-APPJS570": "Shopify/shopify-app-js issue 570",
        "SHOP-CODES": "https://shopify.dev/api/usage/response-codes",
        "SHOP-COTHROTTLE": "https://shopify.dev/changelog/storefront-api-checkout-throttle",
        "SHOP-DEPR": "https://shopify.dev/changelog/graphql-return-actual-deprecation-reasons",
        "SHOP-DUP": "https://shopify.dev/apps/build/webhooks/ignore-duplicates",
        "SHOP-FF": (
            "https://dev.to/flarecanary/shopify-retires-api-version-2025-07-on-july-16-pinned-apps-dont-error-"
            " they-silently-fall-5bjl (secondary)"
        ),
        "SHOP-GDPR": (
            "Shopify, Privacy law compliance: https://shopify.dev/docs/apps/build/compliance/privacy-law- compliance"
        ),
        "SHOP-LIMITS": "https://shopify.dev/docs/api/usage/limits",
        "SHOP-REST": "https://shopify.dev/docs/api/admin-rest/usage/rate-limits",
        "SHOP-RETRY": "https://shopify.dev/changelog/updates-to-webhook-retry-mechanism",
        "SHOP-THROTTLED": "https://community.shopify.com/t/graphql-admin-api-example-throttled-requests-response/8456",
        "SHOP-TPL894": "Shopify/shopify-app-template-remix issue 894",
        "SHOP-VER": "https://shopify.dev/api/usage/versioning",
        "SHOP-VERIFY": "https://shopify.dev/docs/apps/build/webhooks/verify-deliveries",
        "SHOPJS-1030": "Shopify/shopify-api-js issue 1030",
        "SLACK-PY": "slackapi/python-slack-sdk: slack_sdk/signature/__init__.py",
        "SS-V1": "https://www.skills.sh/hookdeck/webhook-skills/shipstation-webhooks (secondary)",
        "SS-V2": "https://docs.shipstation.com/page-data/apis/docs/guides/webhooks-validation/data.json",
        "STATUSPAGE": "https://confluence.status.atlassian.com/api",
        "STRIPE-1254": "stripe/stripe-node issue 1254",
        "STRIPE-1294": "stripe/stripe-node issue 1294",
        "STRIPE-DECL": "https://docs.stripe.com/declines.md",
        "STRIPE-ERR": "https://docs.stripe.com/api/errors",
        "STRIPE-ORDER": (
            "https://dev.to/shannonllc/stripe-webhooks-retries-ordering-duplicates-timeouts-and-ips-46f0 (secondary)"
        ),
        "STRIPE-PY": "stripe/stripe-python: stripe/_webhook.py",
        "STRIPE-SKILL": "hookdeck/webhook-skills: skills/stripe-webhooks/references/overview.md",
        "VC-1013": "vercel/commerce issue 1013",
        "VC-1027": "vercel/commerce issue 1027",
        "VC-1223": "vercel/commerce issue 1223",
        "VC-1239": "vercel/commerce issue 1239",
        "VC-1350": "vercel/commerce issue 1350",
        "VC-431": "vercel/commerce issue 431",
        "VC-594": "vercel/commerce pull request 594",
        "VEND-3508": "vendurehq/vendure issue 3508",
        "VERCEL-CACHE": "https://vercel.com/docs/caching/cache-status",
        "VERCEL-HDR": "https://vercel.com/docs/headers/response-headers",
        "VSF-5264": "vuestorefront/vue-storefront pull request 5264",
        "VSF-6050": "vuestorefront/vue-storefront issue 6050",
        "VSFSHOP-373": "vuestorefront/shopify issue 373",
        "WEAV-388": "Weaverse/weaverse pull request 388",
        "WOO-3815": "woocommerce/woocommerce-blocks issue 3815",
        "WOO-WH": "woocommerce/woocommerce: plugins/woocommerce/includes/class-wc-webhook.php",
    }
)
"""Short citations by key: a repository's issue or file, or an address. A secondary one retells another."""


def cited(*keys: str) -> tuple[str, ...]:
    """
    Return the short citations of some keys.

    Raises:
        RuleDefinitionError: For a key that is none of `REFERENCES`.
    """
    unknown = [key for key in keys if key not in REFERENCES]
    if unknown:
        raise RuleDefinitionError(f"cited(): expected keys of REFERENCES, got {', '.join(map(repr, unknown))}")
    return tuple(REFERENCES[key] for key in keys)
