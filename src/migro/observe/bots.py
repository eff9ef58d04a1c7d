"""User agents that are no shoppers."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ..expressions.patterns import compile_pattern

__all__ = ["is_bot"]

_BOT: Final = compile_pattern(
    r"(?i)bot\b|bot[/;_ -]|crawl|spider|slurp|mediapartners|facebookexternalhit|whatsapp/|telegrambot|embedly|preview"
    r"|headlesschrome|phantomjs|puppeteer|playwright|lighthouse|pagespeed|gtmetrix|chrome-lighthouse"
    r"|^(curl|wget|python|go-http-client|java|okhttp|libwww|node|axios|undici|ruby|php|guzzle|apache-httpclient|aiohttp"
    r"|httpx|scrapy|postman|insomnia|k6|jmeter|siege|ab|vegeta|wrk|hey|locust)([/ ;-]|$)"
    r"|kube-probe|elb-healthchecker|googlehc|health.?check|prometheus|blackbox|uptime|pingdom|statuscake|site24x7"
    r"|datadog|newrelic|nagios|zabbix|monit|checkly|catchpoint|dynatrace"
    r"|nmap|nikto|sqlmap|masscan|zgrab|nuclei|dirbuster|gobuster|wpscan|censys|shodan|expanse|semrush|ahrefs|mj12|dotbot"
    r"|\+https?://|feedfetcher|feedburner|yandex|baidu|duckduck|applebot|petal|gptbot|claudebot|ccbot|bytespider|perplexity|archive"
)
# Whoever is only compatible says so to be let in; the browsers that once did are known.
_COMPATIBLE: Final = compile_pattern(r"(?i)^mozilla/[0-9.]+ \(compatible; [a-z]")
_OLD_BROWSER: Final = compile_pattern(r"(?i)\(compatible; (msie|konqueror)")


@lru_cache(maxsize=1024)
def is_bot(agent: str) -> bool:
    """
    Return whether a user agent is a known crawler, library, probe or monitor.

    A missing agent counts as one: browsers always send theirs. The word is the client's own; never trust it alone.
    """
    agent = agent.strip()
    if agent in ("", "-") or _BOT.found_in(agent):
        return True
    return _COMPATIBLE.found_in(agent) and not _OLD_BROWSER.found_in(agent)
