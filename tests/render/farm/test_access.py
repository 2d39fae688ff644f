"""What lets us into a Dask cluster, on a real one that speaks TLS and has a worker with a tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import certificates
import dask
import pytest
from distributed import Scheduler, Security, SpecCluster

from render import errors
from render.farm import cluster, dispatch
from render.farm.access import OPEN, Access
from render.farm.nanny import Keeper
from render.model import Job, JobResult
from render.settings import Settings


def test_an_open_cluster_takes_what_dask_is_configured_to() -> None:
    assert not OPEN.security("tcp://big:8786").require_encryption
    assert OPEN.needs({"GPU": 1}) == {"GPU": 1}


def test_tags_come_to_what_an_engine_needs() -> None:
    assert Access(tags=("films", "GPU")).needs({"GPU": 2}) == {"films": 1, "GPU": 2}


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    files = certificates.write(tmp_path)
    with pytest.raises(errors.InputError, match="both tls_ca and tls_cert"):
        Access(tls_cert=files["tls_cert"]).security("tls://big:8786")
    with pytest.raises(errors.InputError, match=r"tls_key names .*gone\.pem, which is no file here"):
        Access(**files | {"tls_key": str(tmp_path / "gone.pem")}).security("tls://big:8786")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return certificates.write(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]) -> Iterator[tuple[str, Settings]]:
    """A cluster of one worker, tagged ``films``, in which everybody has to show a certificate."""
    folder = tmp_path_factory.mktemp("closed")
    settings = Settings(
        store=str(folder / "store"), scratch=folder / "scratch", cache=folder / "cache", workers=1, window=2
    )
    pair = {
        f"tls_{side}_{kind}": files[f"tls_{kind}"]
        for side in ("scheduler", "worker", "client")
        for kind in ("cert", "key")
    }
    security = Security(require_encryption=True, tls_ca_file=files["tls_ca"], **pair)
    own = {"security": security, "protocol": "tls://"}
    scheduler = {"cls": Scheduler, "options": cluster.LOOPBACK | own | {"port": 0}}
    [options] = cluster.worker_options(settings)
    worker = {"cls": Keeper, "options": options | own | {"resources": {"films": 1}}}
    with (
        dask.config.set(cluster.configuration(settings)),
        SpecCluster(scheduler=scheduler, workers={0: worker}, security=security, silence_logs=50) as running,
    ):
        yield running.scheduler_address, settings


@pytest.fixture
def run(closed: tuple[str, Settings], new_job: Callable[..., Job]) -> Callable[[Access], list[str]]:
    def go(access: Access) -> list[str]:
        address, settings = closed
        results: list[JobResult] = []
        jobs = [new_job(engine="testcard") for _ in range(2)]
        dispatch.run(
            address, jobs, store_url=settings.store, batch="b", settings=settings, access=access,
            on_result=results.append,
        )  # fmt: skip
        return [result.state for result in results]

    return go


@pytest.mark.slow
def test_with_certificate_and_tag_clips_are_made(run: Callable[[Access], list[str]], files: dict[str, str]) -> None:
    assert run(Access(**files, tags=("films",))) == ["made", "made"]


@pytest.mark.slow
def test_a_tag_that_no_worker_offers_is_named(run: Callable[[Access], list[str]], files: dict[str, str]) -> None:
    with pytest.raises(errors.BatchStopped, match="no worker offers news=1, 2 clips need it"):
        run(Access(**files, tags=("news",)))


@pytest.mark.slow
def test_dasks_own_configuration_lets_us_in_too(run: Callable[[Access], list[str]], files: dict[str, str]) -> None:
    """As its environment variables give it, which is the way of the command line."""
    names = {"ca-file": "tls_ca", "client.cert": "tls_cert", "client.key": "tls_key"}
    with dask.config.set({f"distributed.comm.tls.{name}": files[file] for name, file in names.items()}):
        assert run(OPEN) == ["made", "made"]


@pytest.mark.slow
def test_without_a_certificate_of_its_authority_nobody_is_let_in(closed: tuple[str, Settings], tmp_path: Path) -> None:
    address, _ = closed
    with pytest.raises(errors.SchedulerAway):
        cluster.connect(address, seconds=2, access=Access(**certificates.write(tmp_path)))
    with pytest.raises(errors.InputError, match=r"speaks TLS.*DASK_DISTRIBUTED__COMM__TLS__CA_FILE"):
        cluster.connect(address)
