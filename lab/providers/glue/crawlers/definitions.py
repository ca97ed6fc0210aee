"""Operations that make, change, show and delete crawlers.

Source: AWS Glue API reference, "Crawlers and classifiers API".
"""

from lab.providers.glue.crawlers import crawls, schedules, settings, targets
from lab.providers.glue.errors import GlueError, already_exists, invalid, not_found
from lab.providers.glue.models import DataCatalog, now, without_nothing
from lab.providers.glue.refused import refuse
from lab.providers.glue.storage import Record
from lab.providers.glue.tags import put_tags
from lab.providers.handlers import handlers
from lab.providers.pages import page

NEW_FOLDERS = "CRAWL_NEW_FOLDERS_ONLY"
POLICY = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"}
DEFAULTS: Record = {
    "Classifiers": [],
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
    "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
}
NOT_KEPT = ("Tags", "Schedule")


def _refuse_what_is_not_there(given: Record) -> None:
    if (given.get("LineageConfiguration") or {}).get("CrawlerLineageSettings") == "ENABLE":
        raise refuse("LineageConfiguration.CrawlerLineageSettings ENABLE")
    if (given.get("LakeFormationConfiguration") or {}).get("UseLakeFormationCredentials"):
        raise refuse("LakeFormationConfiguration.UseLakeFormationCredentials")
    if given.get("CrawlerSecurityConfiguration"):
        raise refuse("CrawlerSecurityConfiguration")
    if (given.get("RecrawlPolicy") or {}).get("RecrawlBehavior") == "CRAWL_EVENT_MODE":
        raise refuse("RecrawlPolicy.RecrawlBehavior CRAWL_EVENT_MODE")


def _checked(catalog: DataCatalog, crawler: Record) -> Record:
    """The crawler with its targets and policies complete, if all of it can be done."""
    _refuse_what_is_not_there(crawler)
    crawler = {**DEFAULTS, **without_nothing(crawler)}
    crawler["Targets"] = targets.checked(crawler["Targets"])
    crawler["RecrawlPolicy"] = {**DEFAULTS["RecrawlPolicy"], **crawler["RecrawlPolicy"]}
    crawler["SchemaChangePolicy"] = {**POLICY, **(crawler.get("SchemaChangePolicy") or {})}
    try:
        settings.read(crawler.get("Configuration"))
    except settings.SettingsError as error:
        raise invalid(f"The Configuration of the crawler is not valid: {error}.") from error
    for name in crawler["Classifiers"]:
        if not catalog.storage.has("classifier", (name,)):
            raise invalid(f"Classifier with name {name} does not exist")
    _check_policies(crawler)
    return crawler


def _check_policies(crawler: Record) -> None:
    policy = crawler["SchemaChangePolicy"]
    is_new_only = crawler["RecrawlPolicy"]["RecrawlBehavior"] == NEW_FOLDERS
    if is_new_only and set(policy.values()) != {"LOG"}:
        raise invalid(
            'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only'
            " LOG DeleteBehavior value and LOG UpdateBehavior value."
        )
    if crawler["Targets"]["CatalogTargets"]:
        if policy["DeleteBehavior"] != "LOG":
            raise invalid(
                "The SchemaChangePolicy for Catalog target can have only LOG DeleteBehavior value."
            )
        if is_new_only:
            raise refuse("CRAWL_NEW_FOLDERS_ONLY of a catalog target")
    elif not crawler.get("DatabaseName"):
        raise invalid("DatabaseName must be specified for a crawler with S3 targets.")


def _found(catalog: DataCatalog, name: str) -> Record:
    crawler = catalog.storage.get("crawler", (name,))
    if crawler is None:
        raise not_found(f"Crawler entry with name {name} does not exist")
    return crawler


def _shown(catalog: DataCatalog, crawler: Record) -> Record:
    state, seconds = crawls.state(catalog, crawler["Name"])
    return {**crawler, "State": state, "CrawlElapsedTime": int(seconds * 1000)}


def create_crawler(catalog: DataCatalog, request: Record) -> Record:
    name = request["Name"]
    expression = request.get("Schedule")
    schedules.check(expression)
    with catalog.transaction():
        given = {key: value for key, value in request.items() if key not in NOT_KEPT}
        crawler = _checked(catalog, given)
        moment = now()
        crawler |= {"CreationTime": moment, "LastUpdated": moment, "Version": 1}
        if expression:
            crawler["Schedule"] = {"ScheduleExpression": expression, "State": "SCHEDULED"}
        if not catalog.storage.add("crawler", (name,), crawler):
            raise already_exists(f"Crawler with name {name} already exists")
        put_tags(catalog, catalog.arn(f"crawler/{name}"), request.get("Tags") or {})
    schedules.follow(catalog, crawler)
    return {}


def update_crawler(catalog: DataCatalog, request: Record) -> Record:
    schedules.check(request.get("Schedule"))
    with catalog.transaction():
        name = request["Name"]
        old = _found(catalog, name)
        if crawls.state(catalog, name)[0] != "READY":
            raise invalid(
                "Cannot update Crawler while running. Please stop crawl or wait until it completes"
                " to update."
            )
        given = {key: value for key, value in request.items() if key not in NOT_KEPT}
        crawler = _checked(catalog, {**old, **without_nothing(given)})
        is_new_only = old["RecrawlPolicy"]["RecrawlBehavior"] == NEW_FOLDERS
        if is_new_only and crawler["Targets"] != old["Targets"]:
            raise invalid(
                "The targets of a crawler that crawls new folders only cannot be changed."
            )
        if request.get("Schedule") is not None:
            crawler = schedules.with_expression(crawler, request["Schedule"])
        crawler |= {"LastUpdated": now(), "Version": old["Version"] + 1}
        catalog.storage.put("crawler", (name,), crawler)
    schedules.follow(catalog, crawler)
    return {}


def delete_crawler(catalog: DataCatalog, request: Record) -> Record:
    name = request["Name"]
    with catalog.transaction():
        if not catalog.storage.has("crawler", (name,)):
            raise not_found(f"Crawler with name {name} does not exist")
        if crawls.state(catalog, name)[0] != "READY":
            raise GlueError(
                "CrawlerRunningException",
                "Cannot delete Crawler while running. Please stop crawl or wait until it completes"
                " to delete.",
            )
        catalog.storage.delete_under((name,), "crawler", "crawl", "crawled_folder")
        catalog.storage.delete("tags", (catalog.arn(f"crawler/{name}"),))
    schedules.forget(catalog, name)
    return {}


def get_crawler(catalog: DataCatalog, request: Record) -> Record:
    return {"Crawler": _shown(catalog, _found(catalog, request["Name"]))}


def get_crawlers(catalog: DataCatalog, request: Record) -> Record:
    answer = page(catalog.storage.records("crawler"), request, "Crawlers", 100, invalid)
    return {**answer, "Crawlers": [_shown(catalog, each) for each in answer["Crawlers"]]}


def list_crawlers(catalog: DataCatalog, request: Record) -> Record:
    """Names; of those that have all the tags that are asked for."""
    names = [key[0] for key in catalog.storage.keys("crawler")]
    wanted = (request.get("Tags") or {}).items()
    if wanted:
        arns = {name: (catalog.arn(f"crawler/{name}"),) for name in names}
        names = [
            name
            for name in names
            if wanted <= (catalog.storage.get("tags", arns[name]) or {}).items()
        ]
    return page(names, request, "CrawlerNames", 100, invalid)


def batch_get_crawlers(catalog: DataCatalog, request: Record) -> Record:
    names = request["CrawlerNames"]
    found = {name: catalog.storage.get("crawler", (name,)) for name in names}
    return {
        "Crawlers": [_shown(catalog, crawler) for crawler in found.values() if crawler],
        "CrawlersNotFound": [name for name, crawler in found.items() if not crawler],
    }


HANDLERS = handlers(
    create_crawler,
    update_crawler,
    delete_crawler,
    get_crawler,
    get_crawlers,
    list_crawlers,
    batch_get_crawlers,
)
