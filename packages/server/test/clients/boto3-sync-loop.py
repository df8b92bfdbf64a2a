"""Two devices of one guest, through boto3. Prints what they were answered, as one JSON object.

The arguments are the endpoint, the region and the identity pool's id.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, region, pool_id = sys.argv[1:]


def client(service, **credentials):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        config=Config(retries={"max_attempts": 0}),
        **credentials,
    )


def without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def refusal(error):
    return {
        "code": error.response["Error"]["Code"],
        "message": error.response["Error"]["Message"],
        "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
        "operation": error.operation_name,
    }


# boto3 looks for credentials even where it does not need any to sign with.
identity = client("cognito-identity", aws_access_key_id="none", aws_secret_access_key="none")
identity_id = identity.get_id(IdentityPoolId=pool_id)["IdentityId"]
credentials = identity.get_credentials_for_identity(IdentityId=identity_id)["Credentials"]


def device():
    return client(
        "cognito-sync",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretKey"],
        aws_session_token=credentials["SessionToken"],
    )


a, b = device(), device()
dataset = {"IdentityPoolId": pool_id, "IdentityId": identity_id, "DatasetName": "My.data:set-1_x"}
keys = ["clé/été 1", "日本語", "plain"]
seen = {"identityId": identity_id}

# A writes, with a context in a header and keys that are not ASCII.
opened = a.list_records(**dataset)
seen["opened"] = without_metadata(opened)
seen["written"] = a.update_records(
    **dataset,
    SyncSessionToken=opened["SyncSessionToken"],
    ClientContext="Gerät=日本",
    RecordPatches=[{"Op": "replace", "Key": key, "Value": key.upper(), "SyncCount": 0} for key in keys],
)["Records"]

# B reads, a record at a time. botocore sends the parameters of the query in the model's order, which is not the
# alphabet's: lastSyncCount, nextToken, maxResults, syncSessionToken.
pages = []
more = {}
token = b.list_records(**dataset)["SyncSessionToken"]
while True:
    page = b.list_records(**dataset, LastSyncCount=0, MaxResults=1, SyncSessionToken=token, **more)
    pages.append(without_metadata(page))
    if "NextToken" not in page:
        break
    more = {"NextToken": page["NextToken"]}
seen["pages"] = pages

# B writes; A, which does not know it, conflicts.
b.update_records(
    **dataset,
    SyncSessionToken=token,
    RecordPatches=[{"Op": "replace", "Key": keys[0], "Value": "B's", "SyncCount": 1}],
)
mine = {"Op": "replace", "Key": keys[0], "Value": "A's", "SyncCount": 1}
token = a.list_records(**dataset, LastSyncCount=1)["SyncSessionToken"]
try:
    a.update_records(**dataset, SyncSessionToken=token, RecordPatches=[mine])
except a.exceptions.ResourceConflictException as error:
    seen["conflict"] = refusal(error)

# A resolves it, with the session that survived the conflict, and removes another record.
seen["resolved"] = a.update_records(
    **dataset,
    SyncSessionToken=token,
    RecordPatches=[{**mine, "SyncCount": 2}, {"Op": "remove", "Key": "plain", "SyncCount": 1}],
)["Records"]

# A spent session does not list, and what is not there cannot be deleted twice.
try:
    a.list_records(**dataset, SyncSessionToken=token)
except ClientError as error:
    seen["spent"] = refusal(error)
seen["deleted"] = b.delete_dataset(**dataset)["Dataset"]
try:
    b.delete_dataset(**dataset)
except b.exceptions.ResourceNotFoundException as error:
    seen["gone"] = refusal(error)
seen["afterwards"] = without_metadata(a.list_records(**dataset, LastSyncCount=3))

print(json.dumps(seen, default=str))
