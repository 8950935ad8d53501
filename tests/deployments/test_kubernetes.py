"""The work pool of a cluster: what Prefect's server and its Kubernetes worker make of our files.

No cluster is at hand: manifests are rendered as the worker does it, and held against the fields
that Kubernetes' own client knows.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import kubernetes_asyncio.client as kubernetes
import pytest
import yaml
from prefect import flow
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect_kubernetes import KubernetesWorker
from prefect_kubernetes.worker import KubernetesWorkerJobConfiguration

from pettingllms.settings import Settings
from tests.processes import ROOT, clean_environment, run

FOLDER = ROOT / "deployments" / "kubernetes"
TEMPLATE = FOLDER / "job-template.json"
SITE = [*yaml.safe_load_all((FOLDER / "site.yaml").read_text())]


def unknown_fields(told: Any, kind: str, place: str = "") -> list[str]:
    """What Kubernetes has no field for, in a manifest of this kind."""
    listed = re.fullmatch(r"list\[(.+)\]", kind)
    if listed:
        return [name for each in told for name in unknown_fields(each, listed[1], place)]
    model = getattr(kubernetes, kind, None)
    if model is None or not isinstance(told, dict):
        return []
    types = {model.attribute_map[name]: kind for name, kind in model.openapi_types.items()}
    return [
        name
        for field, value in told.items()
        for name in (
            unknown_fields(value, types[field], f"{place}.{field}")
            if field in types
            else [f"{place}.{field}"]
        )
    ]


@pytest.fixture
async def manifest(prefect_api_url: str) -> dict[str, Any]:
    """Of a run's job, as the worker sends it to the cluster."""

    @flow
    def a_flow() -> None:
        """Nothing."""

    with temporary_settings({PREFECT_API_URL: prefect_api_url}):
        configuration = await KubernetesWorkerJobConfiguration.from_template_and_values(
            json.loads(TEMPLATE.read_text()), {"env": {"SFT_SHARD_SIZE": "5"}, "cpu_limit": "4"}
        )
        run = FlowRun(name="openai gpt-4o", flow_id="00000000-0000-4000-8000-000000000001")
        configuration.prepare_for_flow_run(run)
    return configuration.job_manifest


async def test_the_job_of_a_run(manifest: dict[str, Any], prefect_api_url: str) -> None:
    """Our image, settings and keys by reference, a cache on the node's disk, no privileges."""
    assert not unknown_fields(manifest, "V1Job")
    assert manifest["spec"]["ttlSecondsAfterFinished"] == 3600
    pod = manifest["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == "pettingllms-sft"
    assert "prefect" in " ".join(container["args"])
    variables = {each["name"]: each.get("value") for each in container["env"]}
    assert variables["PREFECT_API_URL"] == prefect_api_url
    assert variables["SFT_SHARD_SIZE"] == "5"
    assert container["resources"]["limits"]["cpu"] == "4"
    assert [next(iter(each)) for each in container["envFrom"]] == ["configMapRef", "secretRef"]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/cache", "/tmp"}
    assert {volume["name"] for volume in pod["volumes"]} == {
        mount["name"] for mount in container["volumeMounts"]
    }
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    assert "{{" not in json.dumps(manifest)


def test_the_pool_is_made_by_the_command_of_the_site(prefect_api_url: str, tmp_path: Path) -> None:
    """Prefect's server takes the template, and shows it again."""
    environment = clean_environment(tmp_path, PREFECT_API_URL=prefect_api_url)
    (deploy,) = (each for each in SITE if each["metadata"]["name"] == "sft-deploy")
    (command,) = deploy["spec"]["template"]["spec"]["containers"][0]["command"][2:]
    create = command.partition(" && ")[0].replace(" sft ", " sft-cluster ")
    made = run("bash", "-ec", create, cwd=ROOT, environment=environment)
    assert made.exit_code == 0, made.output
    shown = run("prefect", "work-pool", "inspect", "sft-cluster", "--output", "json",
                cwd=ROOT, environment=environment)  # fmt: skip
    pool = json.loads(shown.stdout)
    assert pool["type"] == "kubernetes"
    assert pool["base_job_template"] == json.loads(TEMPLATE.read_text())


def test_the_template_has_what_the_worker_knows() -> None:
    """Each variable of the worker's own template, and each part of its manifest."""
    ours, own = json.loads(TEMPLATE.read_text()), KubernetesWorker.get_default_base_job_template()
    assert ours["variables"]["properties"].keys() == own["variables"]["properties"].keys()
    assert ours["job_configuration"].keys() == own["job_configuration"].keys()


@pytest.mark.parametrize(
    "resource", SITE, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}"
)
def test_the_site_is_what_kubernetes_reads(resource: dict[str, Any]) -> None:
    """Every field of every resource is one of its kind."""
    assert not unknown_fields(resource, f"V1{resource['kind']}")


def test_the_settings_of_the_site_are_settings() -> None:
    """A variable that nothing reads would do nothing, in silence."""
    (settings,) = (each["data"] for each in SITE if each["kind"] == "ConfigMap")
    ours = {field.json_schema_extra["env"] for field in Settings.model_fields.values()}
    assert {name for name in settings if not name.startswith("PREFECT_")} <= ours
