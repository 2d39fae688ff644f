locals {
  places = {
    bucket = aws_s3_bucket.store.arn
    root   = local.root
    logs   = local.logs
  }

  # Who works in the cluster, each under a service account of the same name; the others are people and their tools.
  workloads = toset(["airflow", "control", "takedown", "upkeep", "worker"])
  people    = toset(["analyst", "team"])

  issuer = split("oidc-provider/", var.oidc_provider_arn)[1]
}

resource "aws_iam_policy" "store" {
  for_each = setunion(local.workloads, local.people)

  name        = "nightreel-${each.key}"
  description = "What Nightreel's part ${each.key} may do on s3://${var.bucket}/${var.root}."
  policy      = templatefile("${path.module}/policies/${each.key}.json", local.places)
  tags        = var.tags
}

resource "aws_iam_role" "workload" {
  for_each = local.workloads

  name = "nightreel-${each.key}"
  tags = var.tags

  assume_role_policy = templatefile("${path.module}/policies/trust.json", {
    provider_arn    = var.oidc_provider_arn
    issuer          = local.issuer
    namespace       = var.namespace
    service_account = "nightreel-${each.key}"
  })
}

resource "aws_iam_role_policy_attachment" "workload" {
  for_each = local.workloads

  role       = aws_iam_role.workload[each.key].name
  policy_arn = aws_iam_policy.store[each.key].arn
}
