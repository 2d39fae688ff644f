output "store" {
  description = "The setting NIGHTREEL_STORE."
  value       = "s3://${aws_s3_bucket.store.id}/${var.root}"
}

output "task_logs" {
  description = "Airflow's setting AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER."
  value       = "s3://${aws_s3_bucket.store.id}/${trimsuffix(local.logs, "/")}"
}

output "roles" {
  description = "ARN of each workload's role: the annotation eks.amazonaws.com/role-arn of its service account."
  value       = { for name, role in aws_iam_role.workload : name => role.arn }
}

output "policies" {
  description = "ARN of each policy for people, to be attached to their roles."
  value       = { for name in local.people : name => aws_iam_policy.store[name].arn }
}
