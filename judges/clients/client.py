"""Calls the service through the package that openapi-python-client generated.

    client.py PACKAGE-FOLDER DOCUMENT

One public and one authorised call; each must answer 200 and parse into the generated model.
"""

import importlib
import json
import os
import re
import sys
from pathlib import Path


def operation(package, document, path):
    """The generated module of the GET of this path, found by its operation id."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", document["paths"][path]["get"]["operationId"]).lower()
    modules = list(package.glob(f"api/*/{name}.py"))
    if len(modules) != 1:
        sys.exit(f"expected one generated module {name}.py for GET {path}, found {len(modules)}")
    return importlib.import_module(".".join(modules[0].relative_to(package.parent).with_suffix("").parts))


def call(module, client, path):
    response = module.sync_detailed(client=client)
    if response.status_code != 200:
        sys.exit(f"GET {path} answered {response.status_code}: {response.content[:500]!r}")
    if response.parsed is None:
        sys.exit(f"GET {path}: the generated client could not read the answer")
    return response.parsed


def main(package_folder, document_path):
    package = Path(package_folder).resolve()
    document = json.loads(Path(document_path).read_text(encoding="utf-8"))
    sys.path.insert(0, str(package.parent))
    generated = importlib.import_module(package.name)
    base_url = os.environ["JUDGES_BASE_URL"]

    about = call(operation(package, document, "/api-info"), generated.Client(base_url=base_url), "/api-info")
    print("GET /api-info:", ", ".join(about.to_dict()))

    client = generated.AuthenticatedClient(base_url=base_url, token=os.environ["JUDGES_TOKEN"])
    page = call(operation(package, document, "/customers"), client, "/customers")
    print(f"GET /customers: {len(page.items)} customers, first: {page.items[0].name}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
