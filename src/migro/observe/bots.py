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
    r"|feedfetcher|feedburner|yandex|baidu|duckduck|applebot|petal|gptbot|claudebot|ccbot|bytespider|perplexity|archive"
)


@lru_cache(maxsize=1024)
def is_bot(agent: str) -> bool:
    """
    Return whether a user agent is a known crawler, library, probe or monitor.

    A missing agent counts as one: browsers always send theirs. The word is the client's own; never trust it alone.
    """
    agent = agent.strip()
    return agent in ("", "-") or _BOT.found_in(agent)
