locals {
  root = "${var.root}/"
  logs = "airflow-logs/"
}

resource "aws_s3_bucket" "store" {
  bucket = var.bucket
  tags   = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_ownership_controls" "store" {
  bucket = aws_s3_bucket.store.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "store" {
  bucket                  = aws_s3_bucket.store.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "store" {
  bucket = aws_s3_bucket.store.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "store" {
  bucket = aws_s3_bucket.store.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "store" {
  bucket = aws_s3_bucket.store.id
  policy = templatefile("${path.module}/policies/bucket.json", local.places)

  depends_on = [aws_s3_bucket_public_access_block.store]
}

# No rule lets clips, batches or the catalog expire: `nightreel sweep` and `tidy` know what nothing names, a lifecycle
# does not. A batch's quarantine is read whenever its status is asked for, and lies in the batch's folder.
resource "aws_s3_bucket_lifecycle_configuration" "store" {
  bucket = aws_s3_bucket.store.id

  rule {
    id     = "parts-of-dead-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  rule {
    id     = "replaced-and-deleted"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.replaced_days
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  rule {
    id     = "probes"
    status = "Enabled"

    filter {
      prefix = "${local.root}probes/"
    }

    expiration {
      days = 1
    }
  }

  rule {
    id     = "task-logs"
    status = "Enabled"

    filter {
      prefix = local.logs
    }

    expiration {
      days = var.log_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.store]
}
